"""Child processes that can't outlive this one: started, watched and stopped."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import structlog

from stream_app.errors import StoreMonitorError
from stream_app.local import die_with_parent

MAX_LOG_BYTES = 10 * 1024 * 1024
TAIL_BYTES = 64 * 1024
KILL_WAIT_S = 10.0

log = structlog.get_logger(__name__)


class ProcessNotStartedError(StoreMonitorError):
    """The command of a child doesn't exist or is not executable."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.command = command
        super().__init__(f"{name}: no executable {command!r}; check that it is installed and on PATH")


class ProcessNotKilledError(StoreMonitorError):
    """A child is still there after SIGKILL, so it hangs in the kernel, most likely on a dead disk or network mount."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.pid = pid
        super().__init__(
            f"{name}: process {pid} still runs {KILL_WAIT_S:g} s after SIGKILL; `ps {pid}` shows its state"
        )


class ManagedProcess:
    """A child in a session of its own, so that Ctrl-C doesn't reach it, killed by the kernel when this process ends."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log_file: Path, log_start: int) -> None:
        self.name = name
        self.log_file = log_file
        self._popen = popen
        self._log_start = log_start

    @classmethod
    def start(cls, name: str, argv: Sequence[str], *, log_file: Path, env: Mapping[str, str] | None = None) -> Self:
        """Run `argv` with its output appended to `log_file`; raises ProcessNotStartedError.

        From the main thread only: the parent-death signal follows the thread that forked, not the process (prctl(2)).
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{name} must be started from the main thread, otherwise it would die with this one")
        environment = dict(os.environ if env is None else env)
        if shutil.which(argv[0], path=environment.get("PATH")) is None:
            raise ProcessNotStartedError(name, argv[0])
        log_start = _prepare_log(log_file)
        guard = (sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()))
        with log_file.open("ab") as output:
            popen = subprocess.Popen(  # noqa: S603 - an argument list without a shell, built by this package
                [*guard, *argv],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        log.info("process.started", name=name, pid=popen.pid)
        return cls(name, popen, log_file, log_start)

    @property
    def pid(self) -> int:
        """The child's process id, also the id of its process group."""
        return self._popen.pid

    def poll(self) -> int | None:
        """Return the exit code, negative for the signal that ended it; None while it runs."""
        return self._popen.poll()

    def is_alive(self) -> bool:
        """Tell whether the child runs."""
        return self.poll() is None

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit code, or None if the child still runs after `timeout_s` seconds."""
        try:
            return self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, grace_s: float) -> int:
        """Ask with SIGTERM, wait, then SIGKILL the child and what it started; raises ProcessNotKilledError."""
        exit_code = self.poll()
        if exit_code is not None:
            return exit_code
        self._popen.terminate()
        exit_code = self.wait(grace_s)
        if exit_code is None:
            log.warning("process.killed", name=self.name, pid=self.pid, grace_s=grace_s)
            os.killpg(self.pid, signal.SIGKILL)
            exit_code = self.wait(KILL_WAIT_S)
        if exit_code is None:
            raise ProcessNotKilledError(self.name, self.pid)
        log.info("process.stopped", name=self.name, pid=self.pid, exit_code=exit_code)
        return exit_code

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the log since this start, of at most 64 KiB."""
        if not self.log_file.exists():
            return f"({self.log_file} was removed)"
        with self.log_file.open("rb") as log_file:
            size = log_file.seek(0, os.SEEK_END)
            start = self._log_start if self._log_start <= size else 0  # smaller: the child has rolled its log since
            log_file.seek(max(start, size - TAIL_BYTES))
            text = log_file.read(TAIL_BYTES).decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def _prepare_log(log_file: Path) -> int:
    """Make the folder, set a large log aside as `.1`, and say where this start's lines begin."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if not log_file.exists():
        return 0
    if log_file.stat().st_size <= MAX_LOG_BYTES:
        return log_file.stat().st_size
    log_file.replace(log_file.with_name(log_file.name + ".1"))
    return 0

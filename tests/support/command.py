"""`store-monitor` as a child process, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import comes_true

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    output: str


class Command:
    """One `store-monitor` in a folder of its own, so that its default state directory is there too."""

    def __init__(self, folder: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        self._output = folder / f"output-{len(list(folder.glob('output-*')))}.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stream_app.cli", *map(str, arguments)],
                cwd=folder,
                env=environment(env),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C to the group, as a terminal sends it, mustn't reach pytest
            )

    @property
    def output(self) -> str:
        """All it has printed so far."""
        return self._output.read_text()

    def wait(self, timeout_s: float = TIMEOUT_S) -> Ended:
        """Until it ends; it is killed, and the test fails, where that takes too long."""
        try:
            return Ended(self.process.wait(timeout_s), self.output)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running after {timeout_s} s; it said:\n{self.output}") from None

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)


@contextmanager
def started(folder: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Command]:
    """A command that is ended with the block, if it hasn't by itself."""
    command = Command(folder, *arguments, env=env)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.terminate()
            command.wait()


def run(folder: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end."""
    return Command(folder, *arguments, env=env).wait()


def environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """This process's environment without a broker of its own, wide enough for tables not to wrap."""
    own = {name: value for name, value in os.environ.items() if name != "KAFKA_BROKERS"}
    return {**own, "COLUMNS": "160", **(more or {})}


def processes_below(folder: Path) -> dict[int, Sequence[str]]:
    """The processes that work on a folder: pid and arguments of all whose arguments or settings name it."""
    found: dict[int, Sequence[str]] = {}
    marker = str(folder).encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            arguments, settings = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # ended meanwhile, or never ours
            continue
        mine = [line for line in settings.split(b"\0") if line.startswith((b"DATA_DIR=", b"DATA_DIRS="))]
        if marker in arguments or any(marker in line for line in mine):
            found[int(entry.name)] = arguments.decode(errors="replace").split("\0")
    return found


def worker_pid(folder: Path, name: str) -> int:
    """The worker of this name that runs on a folder."""
    workers = (pid for pid, argv in processes_below(folder).items() if argv[1:3] == ["-m", "stream_app"])
    setting = f"WORKER_NAME={name}".encode()
    return next(pid for pid in workers if setting in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))


def api_url(state_dir: Path) -> str | None:
    """Where the API of an `up` listens."""
    try:
        return str(json.loads((state_dir / "api.json").read_bytes())["url"])
    except FileNotFoundError:
        return None


def becomes(command: Command, text: str, within_s: float = TIMEOUT_S) -> bool:
    """Whether the command prints a text in time; False also when it ends without."""
    return comes_true(lambda: text in command.output or command.process.poll() is not None, within_s) and (
        text in command.output
    )

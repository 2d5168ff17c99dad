"""The children of one `up`, watched together: one that dies takes the whole down, and they stop in order."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import structlog

from stream_app.errors import StoreMonitorError
from stream_app.local.processes import ManagedProcess

POLL_INTERVAL_S = 0.1
GRACE_S = 15.0
TAIL_LINES = 20

log = structlog.get_logger(__name__)

_Answer = TypeVar("_Answer")


class Child(Protocol):
    """What the supervisor needs of a process or of the embedded broker."""

    def poll(self) -> int | None: ...  # noqa: D102 - as subprocess.Popen has it
    def log_tail(self, lines: int) -> str: ...  # noqa: D102 - the last lines it logged
    def stop(self, grace_s: float) -> object: ...  # noqa: D102 - returns when it has ended


class ChildDiedError(StoreMonitorError):
    """A part of the service ended by itself."""

    def __init__(self, name: str, exit_code: int, log_tail: str) -> None:
        self.name = name
        self.exit_code = exit_code
        how = f"was killed by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
        super().__init__(f"the {name} {how}; everything is stopped. The end of its log:\n{log_tail}")


class Supervisor:
    """Starts children and watches them; stops them in the reverse of the order in which they were added."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._children: dict[str, Child] = {}
        self._jobs: set[str] = set()

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, whatever happened."""
        self.stop()

    def add(self, name: str, child: Child) -> None:
        """Watch a child that runs already."""
        self._children[name] = child

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str], *, is_job: bool = False) -> None:
        """Run a child that logs to `<log dir>/<name>.log`; a job may end, with 0. Raises ProcessNotStartedError."""
        self._children[name] = ManagedProcess.start(name, argv, log_file=self._log_dir / f"{name}.log", env=env)
        if is_job:
            self._jobs.add(name)

    def check(self) -> None:
        """Raise ChildDiedError if a child has ended that should run, or a job has failed."""
        for name, child in list(self._children.items()):
            exit_code = child.poll()
            if exit_code == 0 and name in self._jobs:
                del self._children[name]
            elif exit_code is not None:
                raise ChildDiedError(name, exit_code, child.log_tail(TAIL_LINES))

    def wait_for(self, ask: Callable[[], _Answer | None]) -> _Answer:
        """Ask again and again until there is an answer; raises ChildDiedError once nothing can come of it any more."""
        while (answer := ask()) is None:
            self.check()
            time.sleep(POLL_INTERVAL_S)  # processes and files have no event to wait for
        return answer

    def stop(self) -> None:
        """Stop what was added last first, each having ended before the next is asked."""
        while self._children:
            name, child = self._children.popitem()
            child.stop(GRACE_S)
            log.info("supervisor.stopped", name=name)

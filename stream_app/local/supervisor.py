"""The children of one `up`, watched together: what may be brought back is, anything else that dies ends the whole.

Children are stopped in the reverse of the order in which they were added.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import structlog

from stream_app.errors import StoreMonitorError
from stream_app.local.processes import ManagedProcess
from stream_app.local.restarts import RestartLimit

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


class WhenItEnds(Enum):
    """What the end of a child by itself means."""

    STOP_ALL = auto()
    """The rest can't go on."""
    RESTART = auto()
    """It is started again, as often as the limit allows: it keeps nothing that the next start doesn't find."""
    IS_DONE = auto()
    """It had a job; with exit code 0 it is done, with any other the rest can't go on."""


class ChildDiedError(StoreMonitorError):
    """A part of the service ended by itself, for the last time."""

    def __init__(self, name: str, exit_code: int, log_tail: str, restarts: int = 0) -> None:
        self.name = name
        self.exit_code = exit_code
        again = f" again, after {restarts} restarts" if restarts else ""
        super().__init__(f"{name} {_how(exit_code)}{again}; everything is stopped. The end of its log:\n{log_tail}")


@dataclass(slots=True)
class _Watched:
    """A child, how to start it anew if it may be, when it has ended so far, and when the next start is due."""

    child: Child
    is_job: bool = False
    restart: Callable[[], Child] | None = None
    ends: list[float] = field(default_factory=list)
    due: float | None = None


class Supervisor:
    """Starts children, watches them, and brings them back; `tell` shows the user a line about each restart."""

    def __init__(
        self,
        log_dir: Path,
        tell: Callable[[str], None],
        limit: RestartLimit = RestartLimit(),  # noqa: B008 - it is frozen
    ) -> None:
        self._log_dir = log_dir
        self._tell = tell
        self._limit = limit
        self._watched: dict[str, _Watched] = {}

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, whatever happened."""
        self.stop()

    def add(self, name: str, child: Child) -> None:
        """Watch a child that runs already; its end ends everything."""
        self._watched[name] = _Watched(child)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str], when_it_ends: WhenItEnds) -> None:
        """Run a child that logs to `<log dir>/<name>.log`; `env` is read at each start. Raises ProcessNotStartedError.

        From the main thread only, as check() is, which starts children too: see ManagedProcess.start.
        """

        def start() -> Child:
            return ManagedProcess.start(name, argv, log_file=self._log_dir / f"{name}.log", env=env)

        restart = start if when_it_ends is WhenItEnds.RESTART else None
        self._watched[name] = _Watched(start(), when_it_ends is WhenItEnds.IS_DONE, restart)

    def check(self) -> None:
        """Restart what has ended and may be; raise ChildDiedError for what may not, or has been too often."""
        now = time.monotonic()
        for name, watched in list(self._watched.items()):
            exit_code = watched.child.poll()
            if exit_code is None:
                continue
            if watched.restart is None:
                if exit_code != 0 or not watched.is_job:
                    raise ChildDiedError(name, exit_code, watched.child.log_tail(TAIL_LINES))
                del self._watched[name]
            elif watched.due is None:
                watched.due = now + self._pause_s(name, watched, exit_code, now)
            elif now >= watched.due:
                watched.child, watched.due = watched.restart(), None

    def wait_for(self, ask: Callable[[], _Answer | None]) -> _Answer:
        """Ask again and again until there is an answer; raises ChildDiedError once nothing can come of it any more."""
        while (answer := ask()) is None:
            self.check()
            time.sleep(POLL_INTERVAL_S)  # processes and files have no event to wait for
        return answer

    def stop(self) -> None:
        """Stop what was added last first, each having ended before the next is asked."""
        while self._watched:
            name, watched = self._watched.popitem()
            watched.child.stop(GRACE_S)
            log.info("supervisor.stopped", name=name)

    def _pause_s(self, name: str, watched: _Watched, exit_code: int, now: float) -> float:
        """Seconds until the child that ended just now is started again; raises ChildDiedError where it was enough."""
        watched.ends.append(now)
        pause_s = self._limit.pause_s(watched.ends, now)
        if pause_s is None:
            raise ChildDiedError(name, exit_code, watched.child.log_tail(TAIL_LINES), self._limit.most)
        log.info("supervisor.restarting", name=name, exit_code=exit_code, pause_s=pause_s, ends=len(watched.ends))
        self._tell(f"{name} {_how(exit_code)}; it is started again in {pause_s:g} s.")
        return pause_s


def _how(exit_code: int) -> str:
    return f"was killed by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"

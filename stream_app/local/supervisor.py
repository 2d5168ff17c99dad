"""The children of one `up`, watched together: each is brought back, given up, or the end of everything.

Children are stopped in the reverse of the order in which they were added.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeAlias, TypeVar

import structlog

from stream_app.errors import StoreMonitorError
from stream_app.given_up import GivenUp
from stream_app.local.child_reason import reason_of
from stream_app.local.processes import ManagedProcess
from stream_app.local.restarts import RestartLimit
from stream_app.process_ends import EXIT_UNMENDABLE

POLL_INTERVAL_S = 0.1
GRACE_S = 15.0
TAIL_LINES = 20

Environment: TypeAlias = Callable[[], Mapping[str, str]]
"""A child's environment, asked for at each of its starts."""

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
    """It is started again, as often as the limit allows, unless it says that no restart helps; then it is given up."""
    IS_DONE = auto()
    """It had a job; with exit code 0 it is done, with any other the rest can't go on."""


class ChildDiedError(StoreMonitorError):
    """A part ended by itself without which nothing can go on."""

    def __init__(self, name: str, exit_code: int, log_tail: str) -> None:
        self.name = name
        self.exit_code = exit_code
        super().__init__(f"{name} {_how(exit_code)}; everything is stopped. The end of its log:\n{log_tail}")


class PartGivenUpError(StoreMonitorError):
    """A part isn't started again, so that something can't be done; the user was told why when it was given up."""

    def __init__(self, part: GivenUp) -> None:
        self.part = part
        super().__init__(f"the service is not complete: {part.part} is stopped for the reason above")


class Owner(Protocol):
    """Whoever runs the supervisor, and is told what happens."""

    def tell(self, line: str) -> None:
        """Show the user a line."""

    def give_up(self, parts: Sequence[GivenUp]) -> None:
        """Take note of all parts that are given up."""

    def check(self) -> None:
        """Raise the error by which everything ends; called before each look at the children."""


@dataclass(slots=True)
class _Watched:
    """A child, how to start it anew and how often if it may be, when it has ended so far, and the next start's time."""

    child: Child
    is_job: bool = False
    restart: Callable[[], Child] | None = None
    limit: RestartLimit = field(default_factory=RestartLimit)
    ends: list[float] = field(default_factory=list)
    due: float | None = None


class Supervisor:
    """Starts children, watches them, and brings them back."""

    def __init__(
        self,
        log_dir: Path,
        owner: Owner,
        limit: RestartLimit = RestartLimit(),  # noqa: B008 - it is frozen
    ) -> None:
        self.given_up: list[GivenUp] = []
        self._log_dir = log_dir
        self._owner = owner
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

    def start(self, name: str, argv: Sequence[str], environment: Environment, when_it_ends: WhenItEnds) -> None:
        """Run a child that logs to `<log dir>/<name>.log`; raises ProcessNotStartedError.

        From the main thread only, as check() is, which starts children too: see ManagedProcess.start.
        """

        def start() -> Child:
            return ManagedProcess.start(name, argv, log_file=self._log_dir / f"{name}.log", env=environment())

        restart = start if when_it_ends is WhenItEnds.RESTART else None
        self._watched[name] = _Watched(start(), when_it_ends is WhenItEnds.IS_DONE, restart, self._limit)

    def restart_without_limit(self, name: str) -> None:
        """Bring a child back however often it ends, with a pause that grows up to a bound."""
        if name in self._watched:
            self._watched[name].limit = replace(self._limit, most=None)

    def check(self) -> None:
        """Restart or give up what has ended; raises ChildDiedError where the rest can't go on, and what the owner does.

        One look at every child, without waiting.
        """
        self._owner.check()
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
                self._plan_restart(name, watched, exit_code, now)
            elif now >= watched.due:
                watched.child, watched.due = watched.restart(), None

    def wait_for(self, ask: Callable[[], _Answer | None], needed: Collection[str] | None = None) -> _Answer:
        """Ask until there is an answer; raises ChildDiedError, and PartGivenUpError for a needed part, None for any."""

        def ask_while_it_can_come() -> _Answer | None:
            for part in self.given_up:
                if needed is None or part.part in needed:
                    raise PartGivenUpError(part)
            return ask()

        return self.watch(ask_while_it_can_come)

    def watch(self, ask: Callable[[], _Answer | None]) -> _Answer:
        """Ask until there is an answer, also while parts are given up; raises ChildDiedError."""
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

    def _plan_restart(self, name: str, watched: _Watched, exit_code: int, now: float) -> None:
        watched.ends.append(now)
        pause_s = None if exit_code == EXIT_UNMENDABLE else watched.limit.pause_s(watched.ends, now)
        if pause_s is None:
            self._give_up(name, watched, exit_code)
        else:
            watched.due = now + pause_s
            log.info("supervisor.restarting", name=name, exit_code=exit_code, pause_s=pause_s, ends=len(watched.ends))
            self._owner.tell(f"{name} {_how(exit_code)}; it is started again in {pause_s:g} s.")

    def _give_up(self, name: str, watched: _Watched, exit_code: int) -> None:
        del self._watched[name]
        tail = watched.child.log_tail(TAIL_LINES)
        part = GivenUp(name, _why_given_up(exit_code, tail, watched.limit))
        self.given_up.append(part)
        self._owner.give_up(self.given_up)
        log.info("supervisor.given_up", name=name, exit_code=exit_code, reason=part.reason)
        self._owner.tell(f"{part}." if exit_code == EXIT_UNMENDABLE else f"{part}.\nThe end of its log:\n{tail}")


def _why_given_up(exit_code: int, log_tail: str, limit: RestartLimit) -> str:
    """The child's own sentence, and how often it was tried where that was more than once."""
    reason = reason_of(log_tail)
    if exit_code == EXIT_UNMENDABLE:
        return reason or f"it {_how(exit_code)}"
    tried = f"it {_how(exit_code)} again, after {limit.most} restarts"
    return tried if reason is None else f"{tried}: {reason}"


def _how(exit_code: int) -> str:
    return f"was killed by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"

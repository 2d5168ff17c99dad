"""How far a replay is: counted as it goes, told to whoever watches at most every so often."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from producers.input_tally import InputTally
from producers.rejected_rows import RejectedRow
from stream_app.domain.rejection import Reason
from stream_app.errors import StoreMonitorError, UsageError
from stream_app.replay_progress import ReplayProgress, write_progress

TELL_EVERY_S = 0.5

State: TypeAlias = Literal["running", "done", "failed"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Counts:
    """What has been read and sent so far; observations as in stream_app.domain.poll, sent as acknowledged by Kafka.

    `done` of `total` is how much of the present step is behind: bytes of its file, or polls that wait for their time.
    """

    state: State = "running"
    error: str | None = None
    rows_read: int = 0
    polls_sent: int = 0
    calendars_sent: int = 0
    calendars: int = 0  # handed over; what was refused of others follows them into their topic
    rejected: Counter[Reason] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    step: str = ""
    done: int = 0
    total: int = 0
    tally: InputTally = field(default_factory=InputTally)

    def begin(self, step: str, total: int) -> None:
        """Turn to the next step."""
        self.step, self.done, self.total = step, 0, total

    def add_rows(self, count: int, rejected: Sequence[RejectedRow]) -> None:
        """Count rows that were read, the refused ones included."""
        self.rows_read += count
        self.rejected.update(row.reason for row in rejected)

    def add_times(self, observations: NDArray[np.int64]) -> None:
        """Widen the span of the polls."""
        if len(observations):
            first, last = int(observations.min()), int(observations.max())
            self.first = first if self.first is None else min(first, self.first)
            self.last = last if self.last is None else max(last, self.last)

    def as_progress(self) -> ReplayProgress:
        """The same as the progress file has it."""
        return ReplayProgress(
            state=self.state,
            rows_read=self.rows_read,
            polls_sent=self.polls_sent,
            calendars_sent=self.calendars_sent,
            rejected={reason.value: count for reason, count in sorted(self.rejected.items())},
            first_poll=_iso(self.first),
            last_poll=_iso(self.last),
            error=self.error,
            input=None if self.state == "running" else self.tally.summary(),
        )


class Watcher(Protocol):
    """Whoever is told how far a replay is."""

    def tell(self, counts: Counts) -> None:
        """Show or store the counts."""


@dataclass(frozen=True, slots=True)
class ProgressFile:
    """The watcher that keeps the progress file."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """The watcher of a file in a folder that exists; raises UsageError."""
        if not path.parent.is_dir():
            message = f"the progress file {path} can't be kept: {path.parent} is no folder"
            raise UsageError(message)
        return cls(path)

    def tell(self, counts: Counts) -> None:
        """Replace the file."""
        write_progress(self.path, counts.as_progress())


class Progress:
    """The counts of one replay, and its watchers."""

    def __init__(self, watchers: Sequence[Watcher] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self.counts = Counts()
        self._watchers = watchers
        self._clock = clock
        self._told_at = float("-inf")

    def tick(self) -> None:
        """Tell the watchers, unless they were told less than TELL_EVERY_S ago."""
        if self._clock() - self._told_at >= TELL_EVERY_S:
            self.tell()

    def end(self, error: str | None) -> None:
        """Tell the watchers that it is over, with None as done, otherwise as failed."""
        self.counts.state = "done" if error is None else "failed"
        self.counts.error = error
        self.tell()

    def tell(self) -> None:
        """Tell the watchers now."""
        self._told_at = self._clock()
        for watcher in self._watchers:
            watcher.tell(self.counts)


@contextmanager
def ended(progress: Progress) -> Iterator[None]:
    """Tell the watchers of the beginning and of the end of the block, however it ends."""
    error: str | None = "it ended unexpectedly"
    try:
        progress.tell()
        yield
        error = None
    except StoreMonitorError as known:
        error = str(known)
        raise
    finally:
        progress.end(error)


def _iso(observation: int | None) -> str | None:
    if observation is None:
        return None
    return (_EPOCH + timedelta(microseconds=observation >> 1)).isoformat()

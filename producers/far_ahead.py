"""Polls that stand far ahead of the rest of their file: a wrong date in a few rows would move T for every store."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stream_app.domain.instant import format_instant
from stream_app.domain.poll import MICROS_PER_MINUTE, PollColumns, without
from stream_app.domain.rejection import Reason, Rejected

LONGEST_STEP_MINUTES = 24 * 60
"""Polls that come within a day of those before them are never held back."""
LARGEST_SHARE = 10
"""No more than one poll in ten is: the files of two weeks that lie apart are whole."""
FEWEST_MINUTES = 5
"""Polls of fewer minutes say too little of how far apart the file's polls lie."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Where the polls of a file jump ahead: from the last minute that counts to the first one held back."""

    last: int
    first: int

    def held_back(self, polls: PollColumns) -> PollColumns:
        """The polls before the jump, those behind it refused."""
        minutes = (polls.observations >> 1) // MICROS_PER_MINUTE
        days = (self.first - self.last) / LONGEST_STEP_MINUTES
        others = format_instant(self.last * MICROS_PER_MINUTE)[: len("2023-01-25T11:20")]
        detail = f"{days:,.1f} days or more after {others}Z, the newest of the others"
        return without(polls, minutes >= self.first, lambda _: Rejected(Reason.FAR_AHEAD_OF_THE_REST, detail))


@dataclass(frozen=True, slots=True)
class MinuteCounts:
    """How many polls fall in each minute that has any; the minutes ascend. A file of a year has half a million."""

    minutes: NDArray[np.int64]
    polls: NDArray[np.int64]

    @classmethod
    def none(cls) -> Self:
        """Those before any poll."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    def plus(self, observations: NDArray[np.int64]) -> Self:
        """These and those of further polls."""
        new, polls = np.unique((observations >> 1) // MICROS_PER_MINUTE, return_counts=True)
        minutes, places = np.unique(np.concatenate((self.minutes, new)), return_inverse=True)
        weights = np.concatenate((self.polls, polls))
        return type(self)(minutes, np.bincount(places, weights, len(minutes)).astype(np.int64))

    def jump(self) -> Jump | None:
        """The first step that is longer than a day and twice any step before it, with few polls behind it.

        Steps among the first few polls don't count as ones before it: a wrong date in the past proves no habit.
        """
        if len(self.minutes) <= FEWEST_MINUTES:
            return None
        steps, total = np.diff(self.minutes), self.polls.sum()
        up_to = np.cumsum(self.polls)[:-1]
        habits = np.where(up_to * LARGEST_SHARE > total, steps, 0)
        longest_before = np.maximum.accumulate(np.concatenate(([0], habits[:-1])))
        is_jump = (steps > LONGEST_STEP_MINUTES) & (steps > 2 * longest_before)
        is_jump &= (total - up_to) * LARGEST_SHARE <= total
        is_jump[: FEWEST_MINUTES - 1] = False
        if not is_jump.any():
            return None
        at = int(is_jump.argmax())
        return Jump(int(self.minutes[at]), int(self.minutes[at + 1]))

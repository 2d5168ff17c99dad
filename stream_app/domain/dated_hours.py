"""Dated hours: what the exceptions of many calendars put in place of the weekly hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import runs
from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_calendar import MINUTES_PER_DAY, StoreCalendar

_EPOCH = date(1970, 1, 1)
_FARTHEST_OFFSET = MINUTES_PER_DAY  # minutes; no local time has ever been a day away from UTC


@dataclass(frozen=True, slots=True)
class DatedHours:
    """The exceptions of calendars, one calendar a row, in local minutes, whatever zone they will be read in.

    `midnights` (int64) is on the axis where an exception's day begins; `is_open` is what they say of it.
    """

    midnights: Minutes
    is_open: Runs

    @classmethod
    def of(cls, calendars: Sequence[StoreCalendar], days: NDArray[np.int64]) -> Self:
        """The exceptions on these days since the epoch, which follow each other."""
        found = [
            (row * AXIS + (exception.date - _EPOCH).days * MINUTES_PER_DAY, exception.hours)
            for row, calendar in enumerate(calendars)
            for exception in calendar.exceptions
            if days[0] <= (exception.date - _EPOCH).days <= days[-1]
        ]
        hours = [(midnight, *of_day) for midnight, of_dates in found for of_day in of_dates]
        midnight, start, end = np.array(hours, np.int64).reshape(len(hours), 3).T
        return cls(
            np.array([midnight for midnight, _ in found], np.int64), runs.union(midnight + start, midnight + end)
        )

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each exception."""
        return runs.rows_of(self.midnights)

    def replace(self, rows: NDArray[np.int64], midnights: Minutes) -> NDArray[np.bool_]:
        """Whether an exception of its row replaces the day that begins at each local minute."""
        if not len(self.midnights):
            return np.zeros(len(rows), bool)
        return np.isin(rows * AXIS + midnights, self.midnights)

    def near(self, rows: NDArray[np.int64], start: Minutes, end: Minutes) -> tuple[Minutes, Minutes]:
        """The hours of row rows[i] that can fall in start[i] <= UTC minute < end[i], moved to row i."""
        base = rows * AXIS
        low = np.searchsorted(self.is_open.end, base + start - _FARTHEST_OFFSET, "right")
        high = np.searchsorted(self.is_open.start, base + end + _FARTHEST_OFFSET)
        counts = np.maximum(high - low, 0)
        of = np.repeat(np.arange(len(rows)), counts)
        at = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts - low, counts)
        shift = (of - rows[of]) * AXIS
        return self.is_open.start[at] + shift, self.is_open.end[at] + shift

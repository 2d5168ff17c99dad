"""Runs of minutes of many stores on one axis, and the set algebra on them.

A *run* is a half-open interval of minutes. Minute m of the store in row r stands at `r * AXIS + m`, so the minutes of
all stores lie on one line without touching, and one pass of numpy over it is a pass over every store. Whatever the
domain asks ("open and up", "open but not up", "inside the window") is an intersection or a difference of two such sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AXIS = 1 << 33  # minutes a row: more than there are until the year 9999, with room for local time on both sides

Minutes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Sorted, disjoint runs: start[i] <= axis minute < end[i], int64, both of the same length."""

    start: Minutes
    end: Minutes

    def __len__(self) -> int:
        return len(self.start)

    @property
    def rows(self) -> Minutes:
        """The row that each run belongs to."""
        return rows_of(self.start)


def rows_of(minutes: Minutes) -> Minutes:
    """The row that each minute of the axis belongs to, also where local time puts one of row 0 below zero."""
    return (minutes + AXIS // 2) // AXIS


def empty() -> Runs:
    """No minute at all."""
    return Runs(np.empty(0, np.int64), np.empty(0, np.int64))


def of_rows(rows: Minutes, start: Minutes | int, end: Minutes | int) -> tuple[Minutes, Minutes]:
    """Starts and ends on the axis of minutes that are given within their rows."""
    base = rows.astype(np.int64) * AXIS
    return base + start, base + end


def union(start: Minutes, end: Minutes) -> Runs:
    """The minutes that are in any of the runs, which may overlap, touch, be empty and stand in any order."""
    real = start < end
    order = np.argsort(start[real], kind="stable")
    start, end = start[real][order], end[real][order]
    if not len(start):
        return empty()
    reached = np.maximum.accumulate(end)
    begins = np.empty(len(start), bool)
    begins[0] = True
    np.greater(start[1:], reached[:-1], out=begins[1:])
    first = begins.nonzero()[0]
    return Runs(start[first], reached[np.append(first[1:], len(start)) - 1])


def intersection(a: Runs, b: Runs) -> Runs:
    """The minutes that are in both: a run begins where either begins inside the other, and ends likewise."""
    start = _merged(a.start[contains(b, a.start)], b.start[contains(a, b.start)])
    end = _merged(a.end[contains(b, a.end - 1)], b.end[contains(a, b.end - 1)])
    return Runs(start, end)


def difference(a: Runs, b: Runs) -> Runs:
    """The minutes of a that are not in b."""
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    gaps = Runs(np.append(low, b.end), np.append(b.start, high))
    real = gaps.start < gaps.end
    return intersection(a, Runs(gaps.start[real], gaps.end[real]))


def clip(runs: Runs, first: Minutes | int, end: Minutes | int) -> Runs:
    """What lies in first <= minute < end of its row; the bounds are one for all or one a run."""
    base = runs.rows * AXIS
    start, stop = np.maximum(runs.start, base + first), np.minimum(runs.end, base + end)
    real = start < stop
    return Runs(start[real], stop[real])


def moved(runs: Runs, rows: Minutes) -> Runs:
    """The runs of row r as those of row rows[r]; `rows` ascend."""
    shift = (rows[runs.rows] - runs.rows) * AXIS
    return Runs(runs.start + shift, runs.end + shift)


def stacked(rows: Sequence[Runs]) -> Runs:
    """Runs of a single row each, one below the other."""
    if not rows:
        return empty()
    shift = np.repeat(np.arange(len(rows)) * AXIS, [len(row) for row in rows])
    return Runs(*(np.concatenate(sides) + shift for sides in zip(*((row.start, row.end) for row in rows), strict=True)))


def minutes_per_row(runs: Runs, count: int) -> Minutes:
    """How many minutes each of the rows 0..count-1 has (int64, shape (count,))."""
    return np.bincount(runs.rows, runs.end - runs.start, count).astype(np.int64)


def contains(runs: Runs, minutes: Minutes) -> NDArray[np.bool_]:
    """For each minute, whether it lies in one of the runs."""
    if not len(runs):
        return np.zeros(len(minutes), bool)
    at = np.searchsorted(runs.start, minutes, "right") - 1
    inside: NDArray[np.bool_] = (at >= 0) & (minutes < runs.end[at])
    return inside


def _merged(a: Minutes, b: Minutes) -> Minutes:
    """Two sorted arrays as one, each minute once; numpy.unique would hash a million minutes that are sorted already."""
    both = np.concatenate((a, b))
    both.sort(kind="stable")
    first = np.ones(len(both), bool)
    np.not_equal(both[1:], both[:-1], out=first[1:])
    return both[first]

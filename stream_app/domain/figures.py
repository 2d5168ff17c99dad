"""The figures of a report: minutes of each store by window, and its outages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stream_app.domain import runs
from stream_app.domain.runs import AXIS, Minutes, Runs, rows_of
from stream_app.domain.status_runs import PollColumnsOfStates
from stream_app.domain.store_state import Buckets
from stream_app.domain.windows import Window

PerWindow = tuple[Minutes, ...]  # hour, day and week, or the one window of a custom range


@dataclass(frozen=True, slots=True)
class Figures:
    """Minutes of n stores (int64, shape (n,) each) in each of some windows.

    up + down + unknown are the business minutes of the window, under every policy.
    """

    up: PerWindow
    down: PerWindow
    unknown: PerWindow

    @property
    def business(self) -> PerWindow:
        """The minutes of each window that lie inside business hours."""
        return tuple(up + down + unknown for up, down, unknown in zip(*self.sides, strict=True))

    @property
    def sides(self) -> tuple[PerWindow, PerWindow, PerWindow]:
        """Up, down and unknown."""
        return self.up, self.down, self.unknown


@dataclass(frozen=True, slots=True)
class Outages:
    """Of n stores: how many outages, and the longest one's minutes (int64 each).

    An outage is a run of down minutes in business time: the hours that a store is closed neither count nor end it.
    """

    count: Minutes
    longest: Minutes


class OutageList(NamedTuple):
    """Outages of many stores, in order: the axis minutes of their first and past their last minute, and what was lost.

    `minutes` (int64) are of business hours: the time from start to end less what the store was closed in between.
    """

    start: Minutes
    end: Minutes
    minutes: Minutes


def bucket_figures(buckets: Buckets, is_open: Runs | None, windows: Sequence[Window], count: int) -> Figures:
    """Figures of buckets; what is open and in neither bucket is unknown. Without `is_open` nothing is."""

    def counted(of: Runs) -> PerWindow:
        return tuple(minutes_in(of, window, count) for window in windows)

    up, down = counted(buckets.up), counted(buckets.down)
    nothing = np.zeros(count, np.int64)
    if is_open is None:
        return Figures(up, down, (nothing,) * len(up))
    return Figures(up, down, tuple(of - u - d for of, u, d in zip(counted(is_open), up, down, strict=True)))


def poll_hour_figures(polls: PollColumnsOfStates, is_open: Runs, windows: Sequence[Window], count: int) -> Figures:
    """Figures by the policy `poll_hours`: each poll in business hours counts an hour, at most what the window has.

    Where that is more than the window's business minutes both are scaled down in proportion, uptime rounded down.
    """
    inside = runs.contains(is_open, polls.row * AXIS + polls.minute)

    def counted(window: Window) -> tuple[Minutes, Minutes, Minutes]:
        first, end = (np.broadcast_to(edge, count)[polls.row] for edge in window)
        here = inside & (polls.minute >= first) & (polls.minute < end)
        up = np.bincount(polls.row[here & polls.is_active], minlength=count)
        down = np.bincount(polls.row[here & ~polls.is_active], minlength=count)
        business = minutes_in(is_open, window, count)
        claimed = 60 * (up + down)
        scaled = business * up // np.maximum(up + down, 1)
        is_too_much = claimed > business
        up_minutes = np.where(is_too_much, scaled, 60 * up)
        down_minutes = np.where(is_too_much, business - scaled, 60 * down)
        return up_minutes, down_minutes, business - up_minutes - down_minutes

    up, down, unknown = zip(*(counted(window) for window in windows), strict=True)
    return Figures(up, down, unknown)


def outages(down: Runs, is_open: Runs, window: Window, count: int) -> Outages:
    """The outages inside a window."""
    found = outage_list(down, is_open, window)
    longest = np.zeros(count, np.int64)
    np.maximum.at(longest, rows_of(found.start), found.minutes)
    return Outages(np.bincount(rows_of(found.start), minlength=count), longest)


def outage_list(down: Runs, is_open: Runs, window: Window) -> OutageList:
    """Each of the outages inside a window by itself."""
    open_there, down_there = _within(is_open, window), _within(down, window)
    start = _business_time(open_there, down_there.start)
    end = _business_time(open_there, down_there.end - 1) + 1
    begins = np.append(True, start[1:] > end[:-1])[: len(start)].nonzero()[0]
    last = np.append(begins[1:], len(start))[: len(begins)] - 1
    return OutageList(down_there.start[begins], down_there.end[last], end[last] - start[begins])


def minutes_in(of: Runs, window: Window, count: int) -> Minutes:
    """The minutes of each row that lie inside its window."""
    rows = of.rows
    first, end = (edge if isinstance(edge, int) else edge[rows] for edge in window)
    base = rows * AXIS
    inside = np.minimum(of.end, base + end) - np.maximum(of.start, base + first)
    return np.bincount(rows, np.maximum(inside, 0), count).astype(np.int64)


def _within(of: Runs, window: Window) -> Runs:
    first, end = (edge if isinstance(edge, int) else edge[of.rows] for edge in window)
    return runs.clip(of, first, end)


def _business_time(is_open: Runs, minutes: Minutes) -> Minutes:
    """Axis minutes, all of them open, as the number of open minutes of their row before them, on the same axis."""
    length = is_open.end - is_open.start
    opened_before = np.cumsum(length) - length
    at = np.searchsorted(is_open.start, minutes, "right") - 1
    row = is_open.rows[at]
    first_of_row = np.searchsorted(is_open.rows, row)
    in_business_time: Minutes = (
        row * AXIS + opened_before[at] - opened_before[first_of_row] + minutes - is_open.start[at]
    )
    return in_business_time

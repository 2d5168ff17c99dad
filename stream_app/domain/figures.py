"""The figures of a report: minutes of each store by window, and its outages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stream_app.domain import runs
from stream_app.domain.runs import AXIS, Minutes, Runs
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
    open_there, down_there = _within(is_open, window), _within(down, window)
    in_business_time = runs.union(
        _business_time(open_there, down_there.start), _business_time(open_there, down_there.end - 1) + 1
    )
    longest = np.zeros(count, np.int64)
    np.maximum.at(longest, in_business_time.rows, in_business_time.end - in_business_time.start)
    return Outages(np.bincount(in_business_time.rows, minlength=count), longest)


def minutes_in(of: Runs, window: Window, count: int) -> Minutes:
    """The minutes of each row that lie inside its window."""
    return runs.minutes_per_row(_within(of, window), count)


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

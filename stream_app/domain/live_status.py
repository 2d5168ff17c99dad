"""What stores say at one instant: whether each should be up, what its polls say of it, since when and for how long."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from stream_app.domain.policy import Before, Policy
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.runs import AXIS, Minutes, Runs, rows_of
from stream_app.domain.status_runs import StatusRuns
from stream_app.domain.store_state import NO_POLL, Observations

NO_MINUTE = -1  # since longer than was looked back, or not within the time that was looked ahead


class Status(StrEnum):
    """Outside business hours a store is `closed`, whatever its polls say; inside, they decide by the policy."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    CLOSED = "closed"


STATUSES = tuple(Status)  # a status as a number is its place in here

_UP, _DOWN, _UNKNOWN, _CLOSED = range(len(STATUSES))
_UNPOLLED = {
    Before.INACTIVE: _DOWN,
    Before.ACTIVE: _UP,
    Before.BACKFILL: _UNKNOWN,
    Before.EXCLUDE: _UNKNOWN,
}


def statuses_at(last: Observations, is_open: NDArray[np.bool_], policy: Policy, minute: int) -> NDArray[np.uint8]:
    """The statuses (numbers, n) of n stores in a minute, given each one's last observation so far or NO_POLL.

    A poll counts from its very microsecond on: which ones are so far is the caller's to say. Under `poll_hours`, which
    gives minutes no status, the last poll speaks for now.
    """
    polled = np.where(last & 1 == 0, _UP, _DOWN)
    if policy.max_gap is not None:
        is_trusted = minute < last // (2 * MICROS_PER_MINUTE) + policy.max_gap
        polled = np.where(is_trusted, polled, _UNKNOWN)
    known = np.where(last == NO_POLL, _UNPOLLED[policy.before], polled)
    return np.where(is_open, known, _CLOSED).astype(np.uint8)


def since(status: StatusRuns, is_open: Runs, now_open: NDArray[np.bool_], first: int, minute: int) -> Minutes:
    """The minute (int64, n) from which on each store's status has been what it is at `minute`.

    The runs reach from `first` up to `minute` and include it; NO_MINUTE where the status is older than `first`.
    """
    count = len(now_open)
    opened = _last_edge((is_open.start, is_open.end), count, first, minute)
    changed = _last_edge((status.up.start, status.up.end, status.down.start, status.down.end), count, first, minute)
    return np.where(now_open, np.maximum(opened, changed), opened)


def next_after(edges: Minutes, count: int, minute: int, end: int) -> Minutes:
    """The first edge (axis minutes) of each row in minute < edge < end, NO_MINUTE where there is none."""
    rows = rows_of(edges)
    within = edges - rows * AXIS
    ahead = (within > minute) & (within < end)
    found = np.full(count, end, np.int64)
    np.minimum.at(found, rows[ahead], within[ahead])
    return np.where(found < end, found, NO_MINUTE)


def _last_edge(edges: tuple[Minutes, ...], count: int, first: int, minute: int) -> Minutes:
    """The last edge of each row in first < edge <= minute, NO_MINUTE where there is none."""
    every = np.concatenate(edges)
    rows = rows_of(every)
    within = every - rows * AXIS
    past = (within > first) & (within <= minute)
    found = np.full(count, NO_MINUTE, np.int64)
    np.maximum.at(found, rows[past], within[past])
    return found

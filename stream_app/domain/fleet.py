"""Many stores judged by a policy: from the stored buckets where they hold the answer, else from the polls."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import runs
from stream_app.domain.business_hours import open_runs
from stream_app.domain.policy import Policy
from stream_app.domain.runs import Minutes, Runs
from stream_app.domain.status_runs import status_runs
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.domain.store_state import NO_POLL, Buckets, Observations, StoreStates

CalendarOf = Callable[[int], StoreCalendar]


@dataclass(frozen=True, slots=True)
class KnownStores:
    """What is known of n stores: minute buckets, the minute that each store's reach up to, the newest observation.

    `until` (int64, n) is in minutes since the epoch; `last` (int64, n) is NO_POLL for a store that was never
    polled, whose `until` may be anything up to the first minute asked for.
    """

    buckets: Buckets
    until: Minutes
    last: Observations


def buckets_until(stores: KnownStores, calendar_of: CalendarOf, first: int, end: int) -> Buckets:
    """The buckets over first <= minute < end: where the stored ones stop earlier, the last observation carries on.

    `calendar_of` is asked for the rows that need it, and no others: decoding every calendar costs more than counting.
    """
    short = np.flatnonzero(stores.until < end)
    if not len(short):
        return stores.buckets
    is_open = open_runs([calendar_of(row) for row in short.tolist()], first, end)
    missing = runs.clip(is_open, stores.until[short][is_open.rows], end)
    last = stores.last[short]
    is_up = ((last != NO_POLL) & (last & 1 == 0))[missing.rows]
    missing = runs.moved(missing, short)
    return both_buckets(stores.buckets, Buckets(_chosen(missing, is_up), _chosen(missing, ~is_up)))


def derived_buckets(states: StoreStates, is_open: Runs, policy: Policy, first: int, until: Minutes) -> Buckets:
    """The buckets over first <= minute < until[row] by any policy that gives each minute a status, or none."""
    status = status_runs(states, policy, first, until)
    return Buckets(runs.intersection(is_open, status.up), runs.intersection(is_open, status.down))


def both_buckets(some: Buckets, more: Buckets) -> Buckets:
    """The minutes of both."""
    return Buckets(_union(some.up, more.up), _union(some.down, more.down))


def _union(a: Runs, b: Runs) -> Runs:
    return runs.union(np.concatenate((a.start, b.start)), np.concatenate((a.end, b.end)))


def _chosen(of: Runs, chosen: NDArray[np.bool_]) -> Runs:
    return Runs(of.start[chosen], of.end[chosen])

"""The minutes of many stores up to T, from buckets that were stored under ranges of different ages."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import report, runs
from stream_app.domain.business_hours import open_runs
from stream_app.domain.report import Figures
from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.domain.store_state import NO_POLL, Buckets, Observations
from stream_app.domain.windows import Windows

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


def without_polls(count: int) -> KnownStores:
    """Stores that only a calendar tells of: nothing is stored, they are inactive all the time."""
    none = Buckets(runs.empty(), runs.empty())
    return KnownStores(none, np.zeros(count, np.int64), np.full(count, NO_POLL, np.int64))


def joined(a: KnownStores, b: KnownStores) -> KnownStores:
    """The stores of both, those of b in the rows after those of a."""
    shift = len(a.until) * AXIS

    def one_after_the_other(first: Runs, second: Runs) -> Runs:
        return Runs(
            np.concatenate((first.start, second.start + shift)), np.concatenate((first.end, second.end + shift))
        )

    return KnownStores(
        Buckets(one_after_the_other(a.buckets.up, b.buckets.up), one_after_the_other(a.buckets.down, b.buckets.down)),
        np.concatenate((a.until, b.until)),
        np.concatenate((a.last, b.last)),
    )


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
    back_to_row = (short[missing.rows] - missing.rows) * AXIS
    start, stop = missing.start + back_to_row, missing.end + back_to_row
    return Buckets(_and(stores.buckets.up, start, stop, is_up), _and(stores.buckets.down, start, stop, ~is_up))


def fleet_figures(stores: KnownStores, calendar_of: CalendarOf, windows: Windows) -> Figures:
    """Minutes up and down of each store in each window, which must not begin before the stored buckets do."""
    buckets = buckets_until(stores, calendar_of, windows.week.first, windows.week.end)
    return report.figures(buckets, windows, len(stores.until))


def _and(stored: Runs, start: Minutes, end: Minutes, chosen: NDArray[np.bool_]) -> Runs:
    return runs.union(np.concatenate((stored.start, start[chosen])), np.concatenate((stored.end, end[chosen])))

"""Minutes of many stores by the hour of the stores' own weeks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_app.domain.runs import AXIS, Minutes, Runs, clip
from stream_app.domain.store_calendar import DAYS_PER_WEEK
from stream_app.domain.zones import offset_periods

HOURS_PER_WEEK = DAYS_PER_WEEK * 24

_HOUR_MINUTES = 60
_HOURS_FROM_MONDAY = 3 * 24  # the epoch began on a Thursday


def by_hour_of_week(of: Runs, zones: Sequence[str], zone_of_row: NDArray[np.integer], first: int, end: int) -> Minutes:
    """How many minutes (int64, 168) of first <= minute < end fell into each local hour, from Monday 00:00 on.

    `zone_of_row` says by its place in `zones` which zone's clock counts for a row.
    """
    within = clip(of, first, end)
    row = within.rows
    width = end - first + 1
    base = zone_of_row[row].astype(np.int64) * width - row * AXIS - first
    size = len(zones) * width
    steps = np.bincount(within.start + base, minlength=size) - np.bincount(within.end + base, minlength=size)
    stores_at = np.cumsum(steps.reshape(len(zones), width), axis=1)
    found = np.zeros(HOURS_PER_WEEK, np.int64)
    for zone, stores in zip(zones, stores_at, strict=True):
        hours = np.concatenate(
            [_hours(period.start, period.end, period.offset) for period in offset_periods(zone, first, end)]
        )
        found += np.bincount(hours, stores[:-1], HOURS_PER_WEEK).astype(np.int64)
    return found


def _hours(first: int, end: int, offset: int) -> Minutes:
    """The hour of the week that the clock shows in each minute."""
    return (np.arange(first + offset, end + offset) // _HOUR_MINUTES + _HOURS_FROM_MONDAY) % HOURS_PER_WEEK

"""Business hours: the UTC minutes in which each of many stores is open."""

from collections.abc import Sequence

import numpy as np

from stream_app.domain import runs
from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_calendar import DAYS_PER_WEEK, MINUTES_PER_DAY, StoreCalendar
from stream_app.domain.zones import offset_periods

_WEEKDAY_OF_EPOCH = 3  # 1970-01-01 was a Thursday; 0 is Monday


def open_runs(calendars: Sequence[StoreCalendar], first_minute: int, end_minute: int) -> Runs:
    """When the store of each row is open, first_minute <= UTC minute (since the epoch) < end_minute.

    Local time has the zone's real offset at each instant: an hour that spring skips is nobody's, and one that autumn
    repeats is open twice if the hours include it.
    """
    always = np.array([row for row, calendar in enumerate(calendars) if not calendar.hours], np.int64)
    starts, ends = runs.of_rows(always, first_minute, end_minute)
    local = _local_runs(calendars, first_minute, end_minute)
    utc = _to_utc(local, [calendar.zone for calendar in calendars], first_minute, end_minute)
    return runs.union(np.concatenate((starts, utc.start)), np.concatenate((ends, utc.end)))


def _local_runs(calendars: Sequence[StoreCalendar], first_minute: int, end_minute: int) -> Runs:
    """The weekly hours laid out over every local day that can touch the range, in local minutes.

    Two days to spare on either side: zones reach from -12 to +14 hours, and a night runs into the day after.
    """
    hours = np.array([(row, *rule) for row, calendar in enumerate(calendars) for rule in calendar.hours], np.int64)
    if not len(hours):
        return runs.empty()
    days = np.arange(first_minute // MINUTES_PER_DAY - 2, end_minute // MINUTES_PER_DAY + 2)
    rule, day = (hours[:, 1, None] == (days + _WEEKDAY_OF_EPOCH) % DAYS_PER_WEEK).nonzero()
    row, midnight = hours[rule, 0], days[day] * MINUTES_PER_DAY
    return runs.union(*runs.of_rows(row, midnight + hours[rule, 2], midnight + hours[rule, 3]))


def _to_utc(local: Runs, zones: Sequence[str], first_minute: int, end_minute: int) -> Runs:
    """Local runs as UTC runs: within each period of one offset, the same runs moved by that offset."""
    names = sorted(set(zones))
    zone_of_row = np.searchsorted(names, zones)
    zone_of_run = zone_of_row[local.rows] if len(local) else np.empty(0, np.int64)
    starts: list[Minutes] = []
    ends: list[Minutes] = []
    for code in np.unique(zone_of_run).tolist():
        here = Runs(local.start[zone_of_run == code], local.end[zone_of_run == code])
        base = here.rows * AXIS
        for start, end, offset in offset_periods(names[code], first_minute, end_minute):
            starts.append(np.maximum(here.start - offset, base + start))
            ends.append(np.minimum(here.end - offset, base + end))
    return runs.union(np.concatenate(starts), np.concatenate(ends)) if starts else runs.empty()

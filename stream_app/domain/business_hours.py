"""Business hours: the UTC minutes in which each of many stores is open."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import runs
from stream_app.domain.dated_hours import DatedHours
from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_calendar import DAYS_PER_WEEK, MINUTES_PER_DAY, StoreCalendar, VersionInForce, WeeklyHours
from stream_app.domain.zones import offset_periods

_WEEKDAY_OF_EPOCH = 3  # 1970-01-01 was a Thursday; 0 is Monday
_EVERY_DAY = tuple(WeeklyHours(day, 0, MINUTES_PER_DAY) for day in range(DAYS_PER_WEEK))


class _Versions(NamedTuple):
    """Version i belongs to the calendar in row rows[i], and is in force in start[i] <= UTC minute < end[i]."""

    rows: NDArray[np.int64]
    start: Minutes
    end: Minutes
    rules: Sequence[StoreCalendar | VersionInForce]


def open_runs(calendars: Sequence[StoreCalendar], first_minute: int, end_minute: int) -> Runs:
    """When the store of each row is open, first_minute <= UTC minute (since the epoch) < end_minute.

    Each minute is judged by the version in force at it alone. Local time has the zone's real offset at each instant: an
    hour that spring skips is nobody's, and one that autumn repeats is open twice if the hours include it.
    """
    versions = _in_force(calendars, first_minute, end_minute)
    # Two days to spare on either side: zones reach from -12 to +14 hours, and a night runs into the day after.
    days = np.arange(first_minute // MINUTES_PER_DAY - 2, end_minute // MINUTES_PER_DAY + 2)
    dated = DatedHours.of(calendars, days)
    is_always = np.array([not of.hours for of in versions.rules], bool) & ~np.isin(versions.rows, dated.rows)
    starts, ends = runs.of_rows(versions.rows[is_always], versions.start[is_always], versions.end[is_always])
    local = _local_runs(versions, ~is_always, dated, days)
    utc_starts, utc_ends = _to_utc(local, versions, first_minute, end_minute)
    is_open = runs.union(np.concatenate((starts, *utc_starts)), np.concatenate((ends, *utc_ends)))
    return _without(is_open, _maintenance_runs(calendars, first_minute, end_minute))


def _in_force(calendars: Sequence[StoreCalendar], first_minute: int, end_minute: int) -> _Versions:
    """The versions that some minute of the range is judged by; that of a calendar without later ones is itself."""
    if not any(calendar.later_versions for calendar in calendars):
        rows = np.arange(len(calendars))
        return _Versions(rows, np.full_like(rows, first_minute), np.full_like(rows, end_minute), calendars)
    of_calendars = [tuple(calendar.versions_between(first_minute, end_minute)) for calendar in calendars]
    rows = np.repeat(np.arange(len(calendars)), [len(versions) for versions in of_calendars])
    rules = list(chain.from_iterable(of_calendars))
    starts = np.array([version.start for version in rules], np.int64)
    return _Versions(rows, starts, np.array([version.end for version in rules], np.int64), rules)


def _local_runs(versions: _Versions, has_hours: NDArray[np.bool_], dated: DatedHours, days: NDArray[np.int64]) -> Runs:
    """The hours of each version on every local day that can touch the range, in local minutes, a version a row."""
    hours_of = [
        of.hours or _EVERY_DAY if is_given else () for of, is_given in zip(versions.rules, has_hours, strict=True)
    ]
    hours = np.fromiter(chain.from_iterable(chain.from_iterable(hours_of)), np.int64).reshape(-1, 3)
    version_of = np.repeat(np.arange(len(hours_of)), [len(hours) for hours in hours_of])
    rule, day = (hours[:, 0, None] == (days + _WEEKDAY_OF_EPOCH) % DAYS_PER_WEEK).nonzero()
    version, midnight = version_of[rule], days[day] * MINUTES_PER_DAY
    weekly = ~dated.replace(versions.rows[version], midnight)
    rule, version, midnight = rule[weekly], version[weekly], midnight[weekly]
    starts, ends = runs.of_rows(version, midnight + hours[rule, 1], midnight + hours[rule, 2])
    dated_starts, dated_ends = dated.near(versions.rows, versions.start, versions.end)
    return runs.union(np.concatenate((starts, dated_starts)), np.concatenate((ends, dated_ends)))


def _to_utc(
    local: Runs, versions: _Versions, first_minute: int, end_minute: int
) -> tuple[list[Minutes], list[Minutes]]:
    """Starts and ends of the versions' local runs in UTC, while the version is in force, a calendar a row.

    Within each period of one offset they are the same runs, moved by that offset.
    """
    zones = [of.zone for of in versions.rules]
    names = sorted(set(zones))
    zone_of_version = np.searchsorted(names, zones)
    version_of_run = local.rows
    zone_of_run = zone_of_version[version_of_run]
    starts: list[Minutes] = []
    ends: list[Minutes] = []
    for code in np.unique(zone_of_run).tolist():
        here = zone_of_run == code
        version = version_of_run[here]
        base = versions.rows[version] * AXIS
        shift = base - version * AXIS
        first, end = base + versions.start[version], base + versions.end[version]
        for period in offset_periods(names[code], first_minute, end_minute):
            starts.append(np.maximum(local.start[here] + shift - period.offset, np.maximum(first, base + period.start)))
            ends.append(np.minimum(local.end[here] + shift - period.offset, np.minimum(end, base + period.end)))
    return starts, ends


def _maintenance_runs(calendars: Sequence[StoreCalendar], first_minute: int, end_minute: int) -> Runs:
    """The planned maintenance of each row that touches the range."""
    found = [
        (row, *planned)
        for row, calendar in enumerate(calendars)
        for planned in calendar.maintenance
        if planned.start < end_minute and planned.end > first_minute
    ]
    row, start, end = np.array(found, np.int64).reshape(len(found), 3).T
    return runs.union(*runs.of_rows(row, start, end))


def _without(is_open: Runs, maintenance: Runs) -> Runs:
    """The minutes that no maintenance takes; rows without any are left as they are."""
    if not len(maintenance):
        return is_open
    touched = np.isin(is_open.rows, maintenance.rows)
    cut = runs.difference(Runs(is_open.start[touched], is_open.end[touched]), maintenance)
    return runs.union(
        np.concatenate((is_open.start[~touched], cut.start)), np.concatenate((is_open.end[~touched], cut.end))
    )

"""The windows of a report: the hour, day and week before T, for each store."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from stream_app.domain.policy import WindowKind
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.runs import Minutes
from stream_app.domain.store_calendar import DAYS_PER_WEEK, MINUTES_PER_DAY
from stream_app.domain.store_state import RetainedRange
from stream_app.domain.zones import OffsetPeriod, offset_periods

WEEK_MINUTES = DAYS_PER_WEEK * MINUTES_PER_DAY

_HOUR_MINUTES = 60
_MONDAY_OF_EPOCH_WEEK = -3 * MINUTES_PER_DAY  # 1970-01-01 was a Thursday
_REACH_MINUTES = 4 * WEEK_MINUTES  # a last full week begins at most 14 days back; a skipped day or two more


class Window(NamedTuple):
    """Minutes since the epoch, first <= minute < end; one pair for all stores, or one a store (int64, n)."""

    first: Minutes | int
    end: Minutes | int


class Windows(NamedTuple):
    """The last hour, day and week before T."""

    hour: Window
    day: Window
    week: Window


def windows_of(kind: WindowKind, as_of_minute: int, zones: Sequence[str]) -> Windows:
    """The windows of a report; `zones` names each store's zone, which only windows of the calendar depend on."""
    if kind is WindowKind.ROLLING:
        return rolling(as_of_minute)
    of_zone = {zone: local_windows(zone, as_of_minute) for zone in set(zones)}
    edges = np.array([of_zone[zone] for zone in zones], np.int64).reshape(len(zones), len(Windows._fields), 2)
    hour, day, week = (Window(edges[:, unit, 0], edges[:, unit, 1]) for unit in range(len(Windows._fields)))
    return Windows(hour, day, week)


def rolling(as_of_minute: int) -> Windows:
    """[T-60 min, T), [T-24 h, T) and [T-7 d, T)."""
    t = as_of_minute
    return Windows(Window(t - _HOUR_MINUTES, t), Window(t - MINUTES_PER_DAY, t), Window(t - WEEK_MINUTES, t))


@lru_cache(maxsize=4096)
def local_windows(zone: str, as_of_minute: int) -> Windows:
    """The last clock hour, local day and local ISO week (Monday to Sunday) that ended at or before T.

    A window begins with the first minute at which the local clock reads its beginning or later. So the hour that autumn
    repeats is one of 120 minutes, a day has 23 to 25 hours, and what spring or a change of the date line skips is no
    window at all: the one before it is taken.
    """
    periods = offset_periods(zone, as_of_minute - _REACH_MINUTES, as_of_minute + 1)
    local = as_of_minute + periods[-1].offset
    return Windows(
        _last_full(periods, local, _HOUR_MINUTES, 0),
        _last_full(periods, local, MINUTES_PER_DAY, 0),
        _last_full(periods, local, WEEK_MINUTES, _MONDAY_OF_EPOCH_WEEK),
    )


def local_midnight(zone: str, day: int) -> int:
    """The UTC minute at which the store's date `day` (days since the epoch) begins; of a skipped one, the next's."""
    midnight = day * MINUTES_PER_DAY
    periods = offset_periods(zone, midnight - 2 * MINUTES_PER_DAY, midnight + 2 * MINUTES_PER_DAY)
    return _first_minute_at(periods, midnight)


def floor_to_minute(micros: int) -> int:
    """The minute since the epoch that an instant in microseconds falls in."""
    return micros // MICROS_PER_MINUTE


def begin_of(windows: Sequence[Window]) -> int:
    """The first minute of any of the windows; of no stores', the end of time."""
    return min(
        first if isinstance(first, int) else int(np.min(first, initial=np.iinfo(np.int64).max)) for first, _ in windows
    )


def earliest_as_of(retained: RetainedRange) -> int:
    """The first minute T whose rolling windows all begin inside the retained range."""
    return retained.first + WEEK_MINUTES


def _last_full(periods: Sequence[OffsetPeriod], local: int, unit: int, origin: int) -> Window:
    end_reading = (local - origin) // unit * unit + origin
    end = _first_minute_at(periods, end_reading)
    begin_reading = end_reading - unit
    while (first := _first_minute_at(periods, begin_reading)) >= end:
        begin_reading -= unit
    return Window(first, end)


def _first_minute_at(periods: Sequence[OffsetPeriod], reading: int) -> int:
    """The first UTC minute of the periods at which the local clock reads `reading` (local minutes) or later."""
    for period in periods:
        minute = max(period.start, reading - period.offset)
        if minute < period.end:
            return minute
    raise ValueError(f"the local clock doesn't reach {reading} before minute {periods[-1].end}")

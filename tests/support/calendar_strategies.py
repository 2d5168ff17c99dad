"""Hypothesis strategies for calendars of every kind, around two days in which some zones change their offset."""

from datetime import date, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from stream_app.domain.store_calendar import (
    MINUTES_PER_DAY,
    CalendarVersion,
    DatedException,
    DayHours,
    Maintenance,
    StoreCalendar,
    WeeklyHours,
)
from stream_app.domain.zones import DEFAULT_ZONE
from tests.support.strategies import ZONES

_Tuple = TypeVar("_Tuple", DayHours, WeeklyHours, Maintenance)

EPOCH_DAY = date(1970, 1, 1)
DAYS = (
    date(2023, 1, 25),
    date(2023, 3, 12),
    date(2023, 11, 5),
    date(2023, 4, 1),
    date(2023, 10, 1),
    date(2011, 12, 30),
)

_STARTS = st.sampled_from([0, 1, 120, 540, 1290, 1439]) | st.integers(0, MINUTES_PER_DAY - 1)
_LENGTHS = st.sampled_from([1, 90, 480, MINUTES_PER_DAY]) | st.integers(1, MINUTES_PER_DAY)
_DAY_HOURS = st.builds(lambda start, length: DayHours(start, start + length), _STARTS, _LENGTHS)
_WEEKLY_HOURS = st.builds(lambda day, hours: WeeklyHours(day, *hours), st.integers(0, 6), _DAY_HOURS)
_ZONES = st.sampled_from([(DEFAULT_ZONE, True), *((zone, False) for zone in ZONES)])  # and whether it is assumed


def midnight_of(day: date) -> int:
    """The UTC minute since the epoch at which the date begins in UTC."""
    return (day - EPOCH_DAY).days * MINUTES_PER_DAY


@st.composite
def calendars(draw: st.DrawFn, around: date) -> StoreCalendar:
    """A calendar, plain or not, whose changes lie within some days of a date."""
    minutes = st.integers(midnight_of(around) - 3 * MINUTES_PER_DAY, midnight_of(around) + 3 * MINUTES_PER_DAY)
    versions = st.builds(
        lambda minute, zone, hours: CalendarVersion(minute, zone[0], hours, zone[1]),
        minutes,
        _ZONES,
        _several(_WEEKLY_HOURS, 6),
    )
    dates = st.builds(lambda days: around + timedelta(days=days), st.integers(-3, 3))
    exceptions = st.builds(DatedException, dates, _several(_DAY_HOURS, 3))
    planned = st.builds(
        lambda start, length: Maintenance(start, start + length), minutes, st.integers(1, 2 * MINUTES_PER_DAY)
    )
    zone, assumes_zone = draw(_ZONES)
    return StoreCalendar(
        zone,
        draw(_several(_WEEKLY_HOURS, 10)),
        tuple(sorted(draw(st.lists(versions, max_size=3, unique_by=lambda version: version.effective_from)))),
        tuple(sorted(draw(st.lists(exceptions, max_size=4, unique_by=lambda exception: exception.date)))),
        draw(_several(planned, 3)),
        assumes_zone,
    )


def _several(values: st.SearchStrategy[_Tuple], most: int) -> st.SearchStrategy[tuple[_Tuple, ...]]:
    return st.lists(values, max_size=most).map(lambda found: tuple(sorted(set(found))))

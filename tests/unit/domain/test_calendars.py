"""Calendars that change: versions, dated exceptions, maintenance, and the minutes that they leave open."""

from datetime import date, timedelta

import pytest

from stream_app.domain.business_hours import open_runs
from stream_app.domain.store_calendar import (
    DEFAULT_CALENDAR,
    MINUTES_PER_DAY,
    CalendarVersion,
    DatedException,
    DayHours,
    Maintenance,
    StoreCalendar,
    VersionInForce,
    WeeklyHours,
)
from tests.support.calendar_strategies import midnight_of

WEDNESDAY = date(2023, 1, 25)
EVERY_DAY_9_TO_17 = tuple(WeeklyHours(day, 9 * 60, 17 * 60) for day in range(7))
EVERY_NIGHT_22_TO_2 = tuple(WeeklyHours(day, 22 * 60, 26 * 60) for day in range(7))
CLOSED = ()


def at(day: date, clock: str) -> int:
    """A UTC time as a minute since the epoch."""
    hours, minutes = clock.split(":")
    return midnight_of(day) + int(hours) * 60 + int(minutes)


def open_times(calendar: StoreCalendar, first: date = WEDNESDAY, days: int = 1) -> str:
    """When the store is open in UTC, from a date's midnight on; 24:00 and later are of the next day."""
    start = midnight_of(first)
    is_open = open_runs([calendar], start, start + days * MINUTES_PER_DAY)
    pairs = zip((is_open.start - start).tolist(), (is_open.end - start).tolist(), strict=True)
    return " ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs)


# Versions


def test_change_of_hours_leaves_the_minutes_before_it_as_they_were() -> None:
    later = CalendarVersion(at(WEDNESDAY, "12:00"), "UTC", tuple(WeeklyHours(day, 720, 1200) for day in range(7)))
    before = StoreCalendar("UTC", EVERY_DAY_9_TO_17)
    after = StoreCalendar("UTC", EVERY_DAY_9_TO_17, (later,))

    assert open_times(before, WEDNESDAY - timedelta(days=1), 2) == "09:00-17:00 33:00-41:00"
    assert open_times(after, WEDNESDAY - timedelta(days=1), 2) == "09:00-17:00 33:00-44:00"


def test_before_its_first_version_a_store_is_open_around_the_clock() -> None:
    calendar = StoreCalendar(later_versions=(CalendarVersion(at(WEDNESDAY, "03:00"), "UTC", EVERY_DAY_9_TO_17),))

    assert open_times(calendar) == "00:00-03:00 09:00-17:00"


def test_version_ends_a_night_that_runs_over_under_the_one_before() -> None:
    calendar = StoreCalendar(
        "UTC", EVERY_NIGHT_22_TO_2, (CalendarVersion(at(WEDNESDAY, "01:00"), "UTC", EVERY_DAY_9_TO_17),)
    )

    assert open_times(calendar) == "00:00-01:00 09:00-17:00"


def test_version_counts_what_runs_over_from_its_own_previous_day() -> None:
    calendar = StoreCalendar(
        "UTC", EVERY_DAY_9_TO_17, (CalendarVersion(at(WEDNESDAY, "01:00"), "UTC", EVERY_NIGHT_22_TO_2),)
    )

    assert open_times(calendar) == "01:00-02:00 22:00-24:00"


def test_version_brings_its_own_zone() -> None:
    calendar = StoreCalendar(
        "UTC", EVERY_DAY_9_TO_17, (CalendarVersion(at(WEDNESDAY, "12:00"), "America/Denver", EVERY_DAY_9_TO_17),)
    )

    assert open_times(calendar) == "09:00-12:00 16:00-24:00"


def test_of_a_version_a_day_those_that_touch_the_range_count() -> None:
    versions = tuple(
        CalendarVersion(at(WEDNESDAY, "12:00") + days * MINUTES_PER_DAY, "UTC", (WeeklyHours(2, 30 * days, 1440),))
        for days in range(20)
    )
    calendar = StoreCalendar("UTC", EVERY_DAY_9_TO_17, versions)

    assert open_times(calendar, WEDNESDAY - timedelta(days=7)) == "09:00-17:00"
    assert open_times(calendar, WEDNESDAY + timedelta(days=14)) == "06:30-24:00"
    assert open_times(calendar, WEDNESDAY + timedelta(days=21)) == "09:30-24:00"


def test_zone_at_is_that_of_the_version_in_force() -> None:
    start = at(WEDNESDAY, "12:00")
    calendar = StoreCalendar("UTC", later_versions=(CalendarVersion(start, "Asia/Tokyo"),))

    assert [calendar.zone_at(start + offset) for offset in (-1, 0, 1)] == ["UTC", "Asia/Tokyo", "Asia/Tokyo"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_newest_zone_is_that_of_the_last_version(count: int) -> None:
    zones = ("Asia/Tokyo", "Asia/Kathmandu", "Pacific/Apia")[-count:]
    versions = tuple(CalendarVersion(at(WEDNESDAY, f"12:0{place}"), zone) for place, zone in enumerate(zones))

    assert StoreCalendar("UTC", later_versions=versions).newest_zone == "Pacific/Apia"
    assert StoreCalendar("UTC").newest_zone == "UTC"


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        ("11:00", "12:00", [("11:00", "12:00", "UTC")]),
        ("11:00", "12:01", [("11:00", "12:00", "UTC"), ("12:00", "12:01", "Asia/Tokyo")]),
        ("12:00", "14:00", [("12:00", "13:00", "Asia/Tokyo"), ("13:00", "14:00", "Asia/Kathmandu")]),
        ("13:00", "14:00", [("13:00", "14:00", "Asia/Kathmandu")]),
    ],
)
def test_versions_in_force_are_those_that_hold_for_a_minute_at_least(
    first: str, end: str, expected: list[tuple[str, str, str]]
) -> None:
    versions = (
        CalendarVersion(at(WEDNESDAY, "12:00"), "Asia/Tokyo"),
        CalendarVersion(at(WEDNESDAY, "13:00"), "Asia/Kathmandu"),
    )
    calendar = StoreCalendar("UTC", later_versions=versions)

    in_force = list(calendar.versions_between(at(WEDNESDAY, first), at(WEDNESDAY, end)))

    assert in_force == [
        VersionInForce(at(WEDNESDAY, start), at(WEDNESDAY, until), zone, ()) for start, until, zone in expected
    ]


def test_zone_of_a_plain_calendar_holds_at_any_time() -> None:
    assert DEFAULT_CALENDAR.zone_at(0) == DEFAULT_CALENDAR.zone_at(at(WEDNESDAY, "12:00")) == "America/Chicago"


# Exceptions


def test_exception_replaces_all_hours_of_its_date() -> None:
    hours = (*EVERY_DAY_9_TO_17, WeeklyHours(2, 1140, 1200))
    exceptions = (DatedException(WEDNESDAY, (DayHours(600, 660), DayHours(650, 720))),)

    assert open_times(StoreCalendar("UTC", hours, exceptions=exceptions), days=2) == "10:00-12:00 33:00-41:00"


def test_exception_without_hours_closes_the_date() -> None:
    calendar = StoreCalendar("UTC", EVERY_DAY_9_TO_17, exceptions=(DatedException(WEDNESDAY, CLOSED),))

    assert open_times(calendar) == ""


def test_exception_closes_a_local_date_of_a_store_that_is_open_around_the_clock() -> None:
    calendar = StoreCalendar("America/Chicago", exceptions=(DatedException(WEDNESDAY, CLOSED),))

    assert open_times(calendar, days=2) == "00:00-06:00 30:00-48:00"


def test_night_belongs_to_the_date_it_began_on() -> None:
    nights = StoreCalendar("UTC", EVERY_NIGHT_22_TO_2, exceptions=(DatedException(WEDNESDAY, CLOSED),))

    assert open_times(nights, days=2) == "00:00-02:00 46:00-48:00"


def test_hours_of_an_exception_run_past_midnight_into_a_closed_date() -> None:
    exceptions = (DatedException(WEDNESDAY, (DayHours(1380, 1500),)), DatedException(date(2023, 1, 26), CLOSED))

    assert open_times(StoreCalendar("UTC", EVERY_DAY_9_TO_17, exceptions=exceptions), days=2) == "23:00-25:00"


def test_exception_is_of_the_local_date_of_the_version_in_force() -> None:
    change = CalendarVersion(at(WEDNESDAY, "12:00"), "Asia/Tokyo")
    calendar = StoreCalendar("UTC", (), (change,), (DatedException(WEDNESDAY, CLOSED),))

    assert open_times(calendar) == "15:00-24:00"


def test_exception_far_from_the_range_changes_nothing() -> None:
    exceptions = (DatedException(date(1970, 1, 1)), DatedException(date(9999, 12, 31)))

    assert open_times(StoreCalendar("UTC", exceptions=exceptions)) == "00:00-24:00"


def test_exception_on_a_day_that_loses_an_hour_has_23() -> None:
    spring = date(2023, 3, 12)
    calendar = StoreCalendar(
        "America/Chicago", EVERY_DAY_9_TO_17, exceptions=(DatedException(spring, (DayHours(0, 1440),)),)
    )

    assert open_times(calendar, spring, 2) == "06:00-29:00 38:00-46:00"


def test_hours_of_an_exception_two_dates_back_reach_into_the_range_where_clocks_are_far_behind() -> None:
    monday = WEDNESDAY - timedelta(days=2)
    overnight = (DatedException(monday, (DayHours(1439, 2879),)),)  # Monday 23:59 to Tuesday 23:59
    sundays = (WeeklyHours(6, 600, 660),)

    assert open_times(StoreCalendar("Etc/GMT+12", sundays, exceptions=overnight)) == "00:00-11:59"


def test_weekly_night_of_an_exception_two_dates_back_is_replaced_where_clocks_are_far_behind() -> None:
    monday = WEDNESDAY - timedelta(days=2)
    mondays = (WeeklyHours(0, 1439, 2879),)

    assert open_times(StoreCalendar("Etc/GMT+12", mondays)) == "00:00-11:59"
    assert open_times(StoreCalendar("Etc/GMT+12", mondays, exceptions=(DatedException(monday, CLOSED),))) == ""


def test_exception_of_the_next_date_begins_within_the_range_where_clocks_are_far_ahead() -> None:
    thursday = WEDNESDAY + timedelta(days=1)
    calendar = StoreCalendar("Pacific/Kiritimati", exceptions=(DatedException(thursday, CLOSED),))
    start = midnight_of(WEDNESDAY)

    is_open = open_runs([calendar], start, start + 23 * 60)

    assert (is_open.start.tolist(), is_open.end.tolist()) == ([start], [at(WEDNESDAY, "10:00")])


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Asia/Kathmandu", "America/St_Johns"])
def test_store_with_an_exception_elsewhere_is_open_in_every_other_minute(zone: str) -> None:
    around = date(2011, 12, 30)  # Apia skipped this one
    calendar = StoreCalendar(zone, exceptions=(DatedException(date(2012, 1, 1)),))

    assert open_times(calendar, around - timedelta(days=1), 2) == "00:00-48:00"


# Maintenance


def test_maintenance_is_outside_business_hours_whatever_the_rest_says() -> None:
    calendar = StoreCalendar(
        "UTC",
        EVERY_DAY_9_TO_17,
        exceptions=(DatedException(WEDNESDAY, (DayHours(480, 1080),)),),
        maintenance=(
            Maintenance(at(WEDNESDAY, "07:00"), at(WEDNESDAY, "08:30")),
            Maintenance(at(WEDNESDAY, "12:00"), at(WEDNESDAY, "13:00")),
            Maintenance(at(WEDNESDAY, "12:30"), at(WEDNESDAY, "14:00")),
        ),
    )

    assert open_times(calendar) == "08:30-12:00 14:00-18:00"


def test_maintenance_of_one_store_leaves_the_others_open() -> None:
    start = midnight_of(WEDNESDAY)
    closed = StoreCalendar(maintenance=(Maintenance(0, start + 2 * MINUTES_PER_DAY),))

    is_open = open_runs([DEFAULT_CALENDAR, closed, DEFAULT_CALENDAR], start, start + MINUTES_PER_DAY)

    assert is_open.rows.tolist() == [0, 2]

"""Examples calculated by hand, which prove what the reference says of calendars that change.

2023-01-25 is a Wednesday (weekday 2), the 24th a Tuesday. Kolkata is at +05:30, Chicago in January at -06:00.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import Calendar, Rejected, calendars_from_messages, minute_of, open_minutes, parse_calendar
from tests.support.policy_strategies import (
    BROKEN_CALENDAR_BODIES,
    CHANGING_BASE_DAYS,
    broken_calendar_bodies,
    calendar_bodies,
)

Body = dict[str, Any]
CLOSED = [{"day": 0, "start": "00:00", "end": "00:01"}]  # but for one minute, on Monday


def every_day(start: str, end: str) -> list[Body]:
    return [{"day": day, "start": start, "end": end} for day in range(7)]


def version(effective_from: str | None, hours: list[Body], timezone: str = "UTC") -> Body:
    return {"effective_from": effective_from, "timezone": timezone, "hours": hours}


def closed_for(begin: str, end: str) -> Body:
    return {"timezone": "UTC", "hours": [], "maintenance": [{"from": begin, "to": end}]}


def at(text: str) -> int:
    return minute_of(datetime.fromisoformat(f"{text}+00:00"))


def count_open(body: Body, begin: str = "2023-01-25 00:00", end: str = "2023-01-26 00:00") -> int:
    """Count the open minutes from one UTC minute up to another, by default those of the 25th."""
    return len(open_minutes(parse_calendar(body), at(begin), at(end)))


# Versions


def test_a_change_of_hours_in_the_middle_of_an_evening_holds_from_its_minute() -> None:
    # 18:00 to 20:00 by the first, 20:00 to 21:00 by the second.
    body = {
        "versions": [
            version(None, every_day("18:00", "22:00")),
            version("2023-01-25 20:00:00Z", every_day("18:00", "21:00")),
        ]
    }
    assert count_open(body) == 180
    assert count_open(body, "2023-01-24 00:00", "2023-01-25 00:00") == 240
    assert count_open(body, "2023-01-26 00:00", "2023-01-27 00:00") == 180


def test_a_version_brings_its_own_night_from_the_day_before() -> None:
    tuesday_night = [{"day": 1, "start": "22:00", "end": "02:00"}]
    body = {"versions": [version(None, CLOSED), version("2023-01-25 00:00:00Z", tuesday_night)]}
    assert count_open(body, "2023-01-24 12:00", "2023-01-25 12:00") == 120


def test_a_night_ends_with_its_version() -> None:
    tuesday_night = [{"day": 1, "start": "22:00", "end": "02:00"}]
    body = {"versions": [version(None, tuesday_night), version("2023-01-25 01:00:00Z", CLOSED)]}
    assert count_open(body, "2023-01-24 12:00", "2023-01-25 12:00") == 180


def test_a_change_of_zone_holds_from_its_minute() -> None:
    # 09:00 to 12:00 UTC; 12:00 UTC is 17:30 in Kolkata, which opens again at 03:30 UTC for 8 hours.
    nine_to_five = every_day("09:00", "17:00")
    body = {"versions": [version(None, nine_to_five), version("2023-01-25 12:00:00Z", nine_to_five, "Asia/Kolkata")]}
    assert count_open(body) == 180
    assert count_open(body, "2023-01-26 03:00", "2023-01-26 04:00") == 30
    assert count_open(body, "2023-01-26 00:00", "2023-01-27 00:00") == 480


def test_before_the_earliest_version_the_store_is_open_around_the_clock() -> None:
    body = {"versions": [version("2023-01-25 11:30:00Z", CLOSED), version("2023-01-25 11:40:00Z", [])]}
    assert count_open(body, "2023-01-25 11:00", "2023-01-25 12:00") == 30 + 20


def test_the_order_of_versions_in_the_message_has_no_meaning() -> None:
    versions = [version("2023-01-25 06:00:00Z", CLOSED), version(None, []), version("2023-01-25 12:00:00Z", [])]
    assert count_open({"versions": versions}) == count_open({"versions": versions[::-1]}) == 18 * 60


def test_effective_from_is_floored_to_the_minute_and_may_have_any_offset() -> None:
    body = {"versions": [version(None, []), version("2023-01-25T17:30:59.999999+05:30", CLOSED)]}
    assert count_open(body) == 12 * 60


def test_a_version_from_the_epoch_stands_beside_one_from_ever() -> None:
    body = {"versions": [version(None, []), version("1970-01-01 00:00:00Z", CLOSED)]}
    assert count_open(body) == 0
    assert count_open(body, "1969-12-31 23:00", "1970-01-01 01:00") == 60


@pytest.mark.parametrize("added", [{"timezone": "UTC"}, {"hours": []}, {"timezone": "UTC", "hours": []}])
def test_versions_beside_a_plain_zone_or_hours_are_refused(added: Body) -> None:
    with pytest.raises(Rejected):
        parse_calendar({"versions": [version(None, [])], **added})


@pytest.mark.parametrize(
    "moments",
    [
        [],
        [None, None],
        ["2023-01-25 12:00:00Z", "2023-01-25 12:00:59Z"],
        ["2023-01-25 12:00:00Z", None, "2023-01-25 17:30:00+05:30"],
    ],
)
def test_no_versions_or_two_from_one_minute_are_refused(moments: list[str | None]) -> None:
    with pytest.raises(Rejected):
        parse_calendar({"versions": [version(moment, []) for moment in moments]})


# Exceptions


def test_an_exception_closes_a_date_of_a_store_open_around_the_clock() -> None:
    body = {"timezone": "UTC", "hours": [], "exceptions": [{"date": "2023-01-25", "hours": []}]}
    assert count_open(body) == 0
    assert count_open(body, "2023-01-24 00:00", "2023-01-27 00:00") == 2 * 1440


def test_an_exception_opens_a_store_open_around_the_clock_for_two_hours_only() -> None:
    two_hours = [{"date": "2023-01-25", "hours": [{"start": "10:00", "end": "12:00"}]}]
    assert count_open({"timezone": "UTC", "hours": [], "exceptions": two_hours}) == 120


def test_an_exception_is_a_local_date() -> None:
    # The 25th in Chicago is 06:00 to 06:00 UTC.
    body = {"timezone": "America/Chicago", "hours": [], "exceptions": [{"date": "2023-01-25", "hours": []}]}
    assert count_open(body) == 360
    assert count_open(body, "2023-01-25 05:00", "2023-01-26 07:00") == 120


def test_the_hours_of_an_exception_add_up_and_have_the_rules_of_weekly_ones() -> None:
    hours = [
        {"start": "09:00:59", "end": "09:10:01"},
        {"start": "09:05", "end": "09:20"},
        {"start": "23:00", "end": "23:59:59"},
    ]
    body = {"timezone": "UTC", "hours": CLOSED, "exceptions": [{"date": "2023-01-25", "hours": hours}]}
    assert count_open(body) == 20 + 60


def test_the_night_of_an_exception_belongs_to_the_date_it_began_on() -> None:
    # The 24th: 22:00 to 24:00; the 25th: what is left of that night, and its own 8 hours.
    night = [{"date": "2023-01-24", "hours": [{"start": "22:00", "end": "02:00"}]}]
    body = {"timezone": "UTC", "hours": every_day("09:00", "17:00"), "exceptions": night}
    assert count_open(body, "2023-01-24 00:00", "2023-01-25 00:00") == 120
    assert count_open(body) == 120 + 480


def test_an_exception_takes_away_the_night_of_its_date_but_not_that_of_the_date_before() -> None:
    closed = [{"date": "2023-01-24", "hours": []}]
    body = {"timezone": "UTC", "hours": every_day("22:00", "02:00"), "exceptions": closed}
    assert count_open(body, "2023-01-24 00:00", "2023-01-25 00:00") == 120  # up to 02:00
    assert count_open(body) == 120  # from 22:00


def test_equal_start_and_end_of_an_exception_are_24_hours() -> None:
    whole = [{"date": "2023-01-24", "hours": [{"start": "09:00", "end": "09:00"}]}]
    body = {"timezone": "UTC", "hours": CLOSED, "exceptions": whole}
    assert count_open(body) == 540
    assert count_open(body, "2023-01-24 00:00", "2023-01-26 00:00") == 1440


def test_an_exception_within_the_repeated_hour_is_open_twice() -> None:
    repeated = [{"date": "2023-11-05", "hours": [{"start": "01:00", "end": "02:00"}]}]
    body = {"timezone": "America/Chicago", "hours": CLOSED, "exceptions": repeated}
    assert count_open(body, "2023-11-05 00:00", "2023-11-06 00:00") == 120


def test_the_night_of_an_exception_runs_over_from_a_date_that_was_skipped() -> None:
    # Apia had no 2011-12-30: Saturday 31st began at 10:00 UTC on the 30th.
    night = [{"date": "2011-12-30", "hours": [{"start": "22:00", "end": "02:00"}]}]
    body = {"timezone": "Pacific/Apia", "hours": CLOSED, "exceptions": night}
    assert count_open(body, "2011-12-29 10:00", "2011-12-31 10:00") == 120
    assert count_open(body, "2011-12-30 10:00", "2011-12-30 12:00") == 120


def test_an_exception_has_the_zone_of_the_version_in_force() -> None:
    # Closed by UTC's 25th up to 12:00, then by Kolkata's, which ends at 18:30 UTC.
    body = {
        "versions": [version(None, []), version("2023-01-25 12:00:00Z", [], "Asia/Kolkata")],
        "exceptions": [{"date": "2023-01-25", "hours": []}],
    }
    assert count_open(body) == 330
    assert count_open(body, "2023-01-24 18:30", "2023-01-25 00:00") == 330


def test_an_exception_counts_before_the_earliest_version_too() -> None:
    body = {
        "versions": [version("2023-01-25 12:00:00Z", [])],
        "exceptions": [{"date": "2023-01-24", "hours": []}],
    }
    assert count_open(body) == 18 * 60  # Chicago's 24th ends at 06:00 UTC


def test_a_date_twice_is_refused() -> None:
    twice = [{"date": "2023-01-25", "hours": []}, {"date": "2023-01-25", "hours": []}]
    with pytest.raises(Rejected):
        parse_calendar({"timezone": "UTC", "hours": [], "exceptions": twice})


@pytest.mark.parametrize("date", ["1970-01-01", "2024-02-29", "9999-12-31"])
def test_first_last_and_leap_dates_are_valid(date: str) -> None:
    body = {"timezone": "UTC", "hours": [], "exceptions": [{"date": date, "hours": []}]}
    assert len(parse_calendar(body).exceptions) == 1


# Maintenance


@pytest.mark.parametrize(
    ("begin", "end", "minutes"),
    [
        ("2023-01-25 12:00:00Z", "2023-01-25 12:01:00Z", 1),
        ("2023-01-25 12:00:30Z", "2023-01-25 12:01:30Z", 2),
        ("2023-01-25 12:00:59.999999Z", "2023-01-25 12:01:00Z", 1),
        ("2023-01-25 12:00:00Z", "2023-01-25 12:00:00.000001Z", 1),
        ("2023-01-25 12:00:10Z", "2023-01-25 12:00:20Z", 1),
        ("2023-01-25 12:00:59Z", "2023-01-25 12:01:00.000001Z", 2),
        ("2023-01-25 17:30:00+05:30", "2023-01-25 13:00:00Z", 60),
    ],
)
def test_minutes_touched_by_maintenance_are_closed(begin: str, end: str, minutes: int) -> None:
    assert 1440 - count_open(closed_for(begin, end)) == minutes


def test_maintenance_closes_the_minutes_it_names() -> None:
    calendar = parse_calendar(closed_for("2023-01-25 12:00:30Z", "2023-01-25 12:01:30Z"))
    is_open = open_minutes(calendar, at("2023-01-25 11:59"), at("2023-01-25 12:03"))
    assert is_open == {at("2023-01-25 11:59"), at("2023-01-25 12:02")}


@pytest.mark.parametrize("end", ["2023-01-25 12:00:30Z", "2023-01-25 12:00:29.999999Z", "2023-01-25 17:30:00+05:30"])
def test_maintenance_that_ends_when_or_before_it_begins_is_refused(end: str) -> None:
    with pytest.raises(Rejected):
        parse_calendar(closed_for("2023-01-25 12:00:30Z", end))


def test_maintenance_overlaps_and_goes_before_exceptions_and_versions() -> None:
    body = {
        "versions": [version(None, CLOSED), version("2023-01-25 11:00:00Z", [])],
        "exceptions": [{"date": "2023-01-25", "hours": [{"start": "10:00", "end": "12:00"}]}],
        "maintenance": [
            {"from": "2023-01-25 10:10:00Z", "to": "2023-01-25 10:30:00Z"},
            {"from": "2023-01-25 10:20:00Z", "to": "2023-01-25 10:40:00Z"},
            {"from": "2023-01-25 11:50:00Z", "to": "2023-01-28 00:00:00Z"},
        ],
    }
    assert count_open(body) == 120 - 30 - 10
    assert count_open(body, "2023-01-25 00:00", "2023-01-28 01:00") == 80 + 60


# Messages


def test_a_refused_message_leaves_the_last_valid_one() -> None:
    first: tuple[str, Body] = ("s", {"timezone": "Asia/Kolkata", "hours": [], "exceptions": []})
    refused: tuple[str, Body] = (
        "s",
        {"timezone": "UTC", "hours": [], "maintenance": [{"from": "2023-01-25 12:00:00Z"}]},
    )
    assert calendars_from_messages([first, refused]) == {"s": Calendar("Asia/Kolkata")}
    assert calendars_from_messages([first, refused, ("s", None), refused]) == {}


@pytest.mark.parametrize("body", BROKEN_CALENDAR_BODIES)
def test_broken_message_is_refused(body: Body) -> None:
    with pytest.raises(Rejected):
        parse_calendar(body)


@settings(deadline=None)
@given(st.sampled_from(CHANGING_BASE_DAYS).flatmap(broken_calendar_bodies))
def test_generated_broken_messages_are_refused(body: Body) -> None:
    with pytest.raises(Rejected):
        parse_calendar(body)


@settings(deadline=None)
@given(st.sampled_from(CHANGING_BASE_DAYS).flatmap(lambda day: st.tuples(st.just(day), calendar_bodies(day))))
def test_generated_messages_are_valid_and_open_around_a_minute_only_as_around_a_day(
    given_body: tuple[datetime, Body],
) -> None:
    base_day, body = given_body
    calendar = parse_calendar(body)
    noon = minute_of(base_day.astimezone(UTC)) + 720
    is_open = open_minutes(calendar, noon - 720, noon + 720)
    assert open_minutes(calendar, noon, noon + 1) == is_open & {noon}

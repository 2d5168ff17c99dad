"""Calendars as bytes: the messages of their topic, and the values of the table."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_app.codec import records, table
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import (
    DEFAULT_CALENDAR,
    CalendarVersion,
    DatedException,
    DayHours,
    Maintenance,
    StoreCalendar,
    WeeklyHours,
)
from tests.support.calendar_strategies import DAYS, calendars, midnight_of

NEW_YEAR = midnight_of(date(2024, 1, 1))
HOURS = (WeeklyHours(0, 540, 1050), WeeklyHours(4, 1320, 1560), WeeklyHours(6, 0, 1440))
FULL = StoreCalendar(
    "America/Denver",
    HOURS[:1],
    (CalendarVersion(NEW_YEAR, "UTC"), CalendarVersion(NEW_YEAR + 61, "Asia/Tokyo", HOURS[1:2])),
    (DatedException(date(2024, 12, 24), (DayHours(600, 840),)), DatedException(date(2024, 12, 25))),
    (Maintenance(NEW_YEAR + 120, NEW_YEAR + 270),),
)
FULL_MESSAGE = {
    "store_id": "7",
    "versions": [
        {"effective_from": None, "timezone": "America/Denver", "hours": [{"day": 0, "start": "09:00", "end": "17:30"}]},
        {"effective_from": "2024-01-01T00:00:00Z", "timezone": "UTC"},
        {
            "effective_from": "2024-01-01T01:01:00Z",
            "timezone": "Asia/Tokyo",
            "hours": [{"day": 4, "start": "22:00", "end": "02:00"}],
        },
    ],
    "exceptions": [
        {"date": "2024-12-24", "hours": [{"start": "10:00", "end": "14:00"}]},
        {"date": "2024-12-25", "hours": []},
    ],
    "maintenance": [{"from": "2024-01-01T02:00:00Z", "to": "2024-01-01T04:30:00Z"}],
}


def decoded(message: dict[str, Any]) -> StoreCalendar | Reason | None:
    found = records.decode_calendar(b"7", json.dumps({"store_id": "7", **message}).encode())
    return found.reason if isinstance(found, Rejected) else found[1]


def test_message_holds_everything_about_a_store() -> None:
    assert json.loads(records.encode_calendar("7", FULL)) == FULL_MESSAGE
    assert decoded(FULL_MESSAGE) == FULL


@settings(deadline=None)
@given(calendar=st.sampled_from(DAYS).flatmap(calendars))
def test_every_calendar_comes_back_from_its_message_and_from_the_table(calendar: StoreCalendar) -> None:
    assert records.decode_calendar(b"7", records.encode_calendar("7", calendar)) == ("7", calendar)
    assert table.decode_calendar(table.encode_calendar(calendar)) == calendar


def test_plain_message_has_nothing_but_its_zone_and_hours() -> None:
    assert records.encode_calendar("7", DEFAULT_CALENDAR) == b'{"store_id":"7"}'
    assert records.encode_calendar("7", StoreCalendar("America/Chicago")) == (
        b'{"store_id":"7","timezone":"America/Chicago"}'
    )
    assert records.encode_calendar("7", StoreCalendar("UTC", HOURS)) == (
        b'{"store_id":"7","timezone":"UTC","hours":[{"day":0,"start":"09:00","end":"17:30"},'
        b'{"day":4,"start":"22:00","end":"02:00"},{"day":6,"start":"00:00","end":"24:00"}]}'
    )


def test_table_value_of_a_plain_calendar_is_what_it_was_before_calendars_could_change() -> None:
    value = b'{"zone":"UTC","hours":[[0,540,1050],[4,1320,1560],[6,0,1440]]}'

    assert table.encode_calendar(StoreCalendar("UTC", HOURS)) == value
    assert table.decode_calendar(value) == StoreCalendar("UTC", HOURS)


def test_end_of_maintenance_at_the_end_of_time_comes_back() -> None:
    for_ever = decoded({"maintenance": [{"from": "2024-01-01T00:00:00Z", "to": "9999-12-31T23:59:59.999999Z"}]})

    assert isinstance(for_ever, StoreCalendar)
    assert records.decode_calendar(b"7", records.encode_calendar("7", for_ever)) == ("7", for_ever)


def test_fields_that_a_calendar_does_not_know_are_ignored() -> None:
    assert decoded({"timezone": "UTC", "note": "open late", "exceptions": []}) == StoreCalendar("UTC")


@pytest.mark.parametrize("beside", [{"timezone": "UTC"}, {"timezone": None}, {"hours": []}])
def test_versions_with_a_zone_or_hours_beside_them_refuse_the_message(beside: dict[str, Any]) -> None:
    assert decoded({"versions": [{"effective_from": None}], **beside}) == Reason.MIXED_CALENDAR


def test_empty_list_of_versions_refuses_the_message() -> None:
    assert decoded({"versions": []}) == Reason.NO_VERSIONS


@pytest.mark.parametrize(
    "message",
    [
        {"versions": None},
        {"versions": [{"timezone": "UTC"}]},
        {"versions": [{"effective_from": 1704067200}]},
        {"versions": {}},
        {"hours": None},
        {"exceptions": None},
        {"exceptions": [{"date": "2024-12-25"}]},
        {"exceptions": [{"date": "2024-12-25", "hours": [{"start": "10:00"}]}]},
        {"maintenance": [{"from": "2024-01-01T00:00:00Z"}]},
        {"maintenance": ["2024-01-01T00:00:00Z"]},
    ],
)
def test_field_that_is_missing_or_of_another_type_refuses_the_message(message: dict[str, Any]) -> None:
    assert decoded(message) == Reason.MALFORMED_RECORD


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({"exceptions": [{"date": "2024-13-01", "hours": []}]}, Reason.BAD_DATE),
        ({"exceptions": [{"date": "2024-12-25", "hours": []}] * 2}, Reason.REPEATED_DATE),
        ({"maintenance": [{"from": "2024-01-02T00:00:00Z", "to": "2024-01-01T00:00:00Z"}]}, Reason.BAD_MAINTENANCE),
        (
            {"maintenance": [{"from": "2024-01-01T00:00:00Z", "to": "2024-01-02T00:00:00Z"}] * 1001},
            Reason.CALENDAR_TOO_LARGE,
        ),
    ],
)
def test_one_bad_entry_refuses_an_otherwise_valid_message(bad: dict[str, Any], expected: Reason) -> None:
    assert decoded({"timezone": "UTC", **bad}) == expected

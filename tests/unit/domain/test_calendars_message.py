"""What a calendar message's fields mean, and what refuses it whole."""

from datetime import date

import pytest

from stream_app.domain.calendar_message import (
    MAX_ENTRIES,
    MAX_HOURS,
    ExceptionFields,
    MaintenanceFields,
    VersionFields,
    parse_calendar,
)
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import (
    CalendarVersion,
    DatedException,
    DayHours,
    Maintenance,
    StoreCalendar,
    WeeklyHours,
)
from tests.support.calendar_strategies import midnight_of

NOON = midnight_of(date(2024, 1, 1)) + 720
EVER = VersionFields(None, "UTC", [])


def reason(parsed: StoreCalendar | Rejected) -> Reason | None:
    return parsed.reason if isinstance(parsed, Rejected) else None


def said(parsed: StoreCalendar | Rejected) -> str | None:
    return parsed.detail if isinstance(parsed, Rejected) else None


def version(effective_from: str | None) -> VersionFields:
    return VersionFields(effective_from, None, [])


def test_single_version_from_ever_is_a_plain_calendar() -> None:
    fields = VersionFields(None, "Asia/Tokyo", [(0, "09:00", "17:30"), (0, "09:00", "17:30")])

    assert parse_calendar([fields]) == StoreCalendar("Asia/Tokyo", (WeeklyHours(0, 540, 1050),))


def test_version_from_a_time_follows_the_defaults_and_is_floored_to_the_minute() -> None:
    fields = VersionFields("2024-01-01T12:00:59.9Z", "Asia/Tokyo", [])

    assert parse_calendar([fields]) == StoreCalendar(
        later_versions=(CalendarVersion(NOON, "Asia/Tokyo"),), assumes_zone=True
    )


def test_versions_are_put_in_order_and_a_version_without_a_zone_is_in_the_default_one() -> None:
    versions = [version("2024-01-01 13:01:00+01:00"), version("2024-01-01 12:00:00"), EVER]

    assert parse_calendar(versions) == StoreCalendar(
        "UTC", (), (CalendarVersion(NOON, assumes_zone=True), CalendarVersion(NOON + 1, assumes_zone=True))
    )


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([], Reason.NO_VERSIONS),
        ([EVER, version(None)], Reason.REPEATED_VERSION),
        ([version("2024-01-01T12:00:00Z"), EVER, version("2024-01-01T12:00:59Z")], Reason.REPEATED_VERSION),
        ([version("yesterday")], Reason.UNREADABLE_TIME),
        ([version("")], Reason.UNREADABLE_TIME),
        ([version("1969-12-31T23:59:00Z")], Reason.TIME_OUT_OF_RANGE),
        ([EVER, VersionFields("2024-01-01T12:00:00Z", "Mars/Olympus", [])], Reason.UNKNOWN_ZONE),
        ([VersionFields(None, None, [(7, "09:00", "17:00")])], Reason.BAD_DAY),
        ([VersionFields(None, None, [(0, "09:00", "17:00"), (1, "9", "17:00")])], Reason.BAD_HOURS),
    ],
)
def test_bad_version_refuses_the_message(versions: list[VersionFields], expected: Reason) -> None:
    assert reason(parse_calendar(versions)) == expected


@pytest.mark.parametrize(
    ("versions", "detail"),
    [
        ([], "[]"),
        ([EVER, version("2024-01-01T12:00:00Z"), version(None)], "null"),
        ([version("2024-01-01T12:00:00Z"), EVER, version("2024-01-01T12:00:59Z")], "2024-01-01T12:00:00.000000Z"),
    ],
)
def test_refusal_of_versions_says_what_was_found(versions: list[VersionFields], detail: str) -> None:
    assert said(parse_calendar(versions)) == detail


def test_exceptions_are_put_in_order_and_their_hours_are_read_as_weekly_ones() -> None:
    exceptions = [
        ExceptionFields("2024-12-25", []),
        ExceptionFields(" 2024-02-29 ", [("22:00:30", "02:00:01"), ("10:00", "10:00"), ("09:00", "23:59:59")]),
    ]

    assert parse_calendar([EVER], exceptions) == StoreCalendar(
        "UTC",
        exceptions=(
            DatedException(date(2024, 2, 29), (DayHours(540, 1440), DayHours(600, 2040), DayHours(1320, 1561))),
            DatedException(date(2024, 12, 25)),
        ),
    )


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        ([ExceptionFields("2024-12-25", []), ExceptionFields("2024-12-25", [])], Reason.REPEATED_DATE),
        ([ExceptionFields("2023-02-29", [])], Reason.BAD_DATE),
        ([ExceptionFields("1969-12-31", [])], Reason.BAD_DATE),
        ([ExceptionFields("20241225", [])], Reason.BAD_DATE),
        ([ExceptionFields("2024-12-25T00:00:00", [])], Reason.BAD_DATE),
        ([ExceptionFields("2024-W52-3", [])], Reason.BAD_DATE),
        ([ExceptionFields("", [])], Reason.BAD_DATE),
        ([ExceptionFields("2024-12-25", [("24:00", "02:00")])], Reason.BAD_HOURS),
        ([ExceptionFields("2024-12-25", [("10:00", " ")])], Reason.MISSING_VALUE),
    ],
)
def test_bad_exception_refuses_the_message(exceptions: list[ExceptionFields], expected: Reason) -> None:
    assert reason(parse_calendar([EVER], exceptions)) == expected


def test_exception_may_be_of_the_first_day_there_is() -> None:
    assert parse_calendar([EVER], [ExceptionFields("1970-01-01", [])]) == StoreCalendar(
        "UTC", exceptions=(DatedException(date(1970, 1, 1)),)
    )


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("2023-02-29", "'2023-02-29'"),
        ("\t2024-12-25", "'\\t2024-12-25'"),
        ("\u00a02024-12-25", "'\\xa02024-12-25'"),
        ("X2024-12-25", "'X2024-12-25'"),
        ("x" * 99, f"'{'x' * 32}'"),
    ],
)
def test_refusal_of_a_date_says_what_was_found(text: str, detail: str) -> None:
    assert parse_calendar([EVER], [ExceptionFields(text, [])]) == Rejected(Reason.BAD_DATE, detail)


def test_refusal_of_a_repeated_date_names_it() -> None:
    twice = [ExceptionFields("2024-12-25", []), ExceptionFields("2024-12-24", []), ExceptionFields(" 2024-12-25", [])]

    assert said(parse_calendar([EVER], twice)) == "2024-12-25"


def test_maintenance_is_widened_to_whole_minutes() -> None:
    maintenance = [
        MaintenanceFields("2024-01-01T12:01:59Z", "2024-01-01T12:02:00.000001Z"),
        MaintenanceFields("2024-01-01T12:00:01Z", "2024-01-01T12:00:02Z"),
    ]

    assert parse_calendar([EVER], (), maintenance) == StoreCalendar(
        "UTC", maintenance=(Maintenance(NOON, NOON + 1), Maintenance(NOON + 1, NOON + 3))
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00Z", Reason.BAD_MAINTENANCE),
        ("2024-01-01T12:00:30Z", "2024-01-01T12:00:30Z", Reason.BAD_MAINTENANCE),
        ("2024-01-01T12:00:40Z", "2024-01-01T12:00:20Z", Reason.BAD_MAINTENANCE),
        ("tomorrow", "2024-01-01T12:00:00Z", Reason.UNREADABLE_TIME),
        ("2024-01-01T12:00:00Z", "10000-01-01T00:00:00Z", Reason.UNREADABLE_TIME),
    ],
)
def test_bad_maintenance_refuses_the_message(start: str, end: str, expected: Reason) -> None:
    assert reason(parse_calendar([EVER], (), [MaintenanceFields(start, end)])) == expected


@pytest.mark.parametrize(
    ("start", "end", "detail"),
    [
        ("2024-01-01T12:00:40Z", "2024-01-01 12", "'2024-01-01 12'"),
        (
            "2024-01-01T12:00:40Z",
            " 2024-01-01T12:00:20Z",
            "from '2024-01-01T12:00:40Z' to ' 2024-01-01T12:00:20Z'",
        ),
        (
            "2024-01-01T12:00:40Z" + " " * 99,
            "2024-01-01T12:00:20Z" + " " * 99,
            f"from '2024-01-01T12:00:40Z{' ' * 44}' to '2024-01-01T12:00:20Z{' ' * 44}'",
        ),
    ],
)
def test_refusal_of_maintenance_says_what_was_found(start: str, end: str, detail: str) -> None:
    assert said(parse_calendar([EVER], (), [MaintenanceFields(start, end)])) == detail


def test_largest_calendar_is_taken_and_a_larger_one_refused() -> None:
    hour = "2024-01-01T12:00:00Z", "2024-01-01T13:00:00Z"
    times = [f"2024-01-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:00Z" for at in range(MAX_ENTRIES + 1)]
    versions = [version(time) for time in times]
    maintenance = [MaintenanceFields(*hour)] * (MAX_ENTRIES + 1)
    exceptions = [ExceptionFields(f"{2000 + at}-01-01", []) for at in range(MAX_ENTRIES + 1)]
    weekly = VersionFields(None, None, [(0, "09:00", "17:00")] * (MAX_HOURS - 1))
    dated = ExceptionFields("2024-12-25", [("09:00", "17:00")])

    assert reason(parse_calendar(versions[1:], exceptions[1:], maintenance[1:])) is None
    assert reason(parse_calendar([weekly], [dated])) is None
    for too_large, found in (
        (parse_calendar(versions), "1001 versions"),
        (parse_calendar([EVER], exceptions), "1001 exceptions"),
        (parse_calendar([EVER], (), maintenance), "1001 maintenance"),
        (parse_calendar([weekly], [dated._replace(hours=[("09:00", "17:00")] * 2)]), "10001 rows of hours"),
        (parse_calendar(versions, exceptions, maintenance), "1001 versions, 1001 exceptions, 1001 maintenance"),
    ):
        assert too_large == Rejected(Reason.CALENDAR_TOO_LARGE, found)

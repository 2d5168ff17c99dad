"""Rows of business hours: what they mean, what is said of those that are refused, and how hours are written."""

import pytest

from stream_app.domain.clock_time import CLOSED_DAY
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import DayHours, WeeklyHours, clock, parse_day_hours, parse_hours

LONG = "0123456789" * 10
CUT = "01234567890123456789012345678901"  # 32 characters of it
NO_TIME = "is no time of day: write 09:00, 09:00:00 or 9:00 AM"
PAST = "lies past 24:00, the end of a day: an end that is past midnight is as 01:30"
FRACTION = "could be a time or a number of hours with a fraction: write 09:30"


@pytest.mark.parametrize(
    ("row", "hours"),
    [
        (("0", "09:00", "17:00"), WeeklyHours(0, 540, 1020)),
        ((6, " 09:00 ", " 17:00:00 "), WeeklyHours(6, 540, 1020)),
        ((" 3 ", "00:00", "00:00"), WeeklyHours(3, 0, 1440)),
        (("1", "00:00:59", "23:59:59"), WeeklyHours(1, 0, 1440)),
        (("2", "22:00", "02:00:01"), WeeklyHours(2, 1320, 1561)),
        (("4", "09:00", "09:00"), WeeklyHours(4, 540, 1980)),
        (("5", "23:59", "24:00"), WeeklyHours(5, 1439, 1440)),
        (("0", "9:00 AM", "12 am"), WeeklyHours(0, 540, 1440)),
        (("0", "9:00:00", "5.30 p.m."), WeeklyHours(0, 540, 1050)),
        (("0", "0.00.00", "23:59:59.999"), WeeklyHours(0, 0, 1440)),
        (("0", "09:00:59.999999", "17:00:00.000001"), WeeklyHours(0, 540, 1021)),
        (("0", "09:00", "17:00:00.0000001"), WeeklyHours(0, 540, 1020)),
    ],
)
def test_row_is_read_to_the_minute(row: tuple[str | int, str, str], hours: WeeklyHours) -> None:
    assert parse_hours(*row) == hours


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (("", "09:00", "17:00"), Reason.MISSING_VALUE, "day '', start '09:00', end '17:00'"),
        (("0", " ", "17:00"), Reason.MISSING_VALUE, "day '0', start ' ', end '17:00'"),
        (("0", "09:00", ""), Reason.MISSING_VALUE, "day '0', start '09:00', end ''"),
        ((0, LONG, ""), Reason.MISSING_VALUE, f"day 0, start '{CUT}', end ''"),
        ((" ", "", LONG), Reason.MISSING_VALUE, f"day ' ', start '', end '{CUT}'"),
        (("7", "09:00", "17:00"), Reason.BAD_DAY, "'7'"),
        ((-1, "09:00", "17:00"), Reason.BAD_DAY, "-1"),
        ((10**40, "09:00", "17:00"), Reason.BAD_DAY, "1" + "0" * 31),
        (("Monday", "9", "17"), Reason.BAD_DAY, "'Monday'"),
        ((LONG, "09:00", "17:00"), Reason.BAD_DAY, f"'{CUT}'"),
        ((LONG, "", "17:00"), Reason.MISSING_VALUE, f"day '{CUT}', start '', end '17:00'"),
        (("0", "24:00", "17:00"), Reason.BAD_HOURS, "'24:00' can only be an end"),
        (("0", "09:00", "24:00:01"), Reason.BAD_HOURS, f"'24:00:01' {PAST}"),
        (("0", "09:00", "25:30"), Reason.BAD_HOURS, f"'25:30' {PAST}"),
        (("0", "09:60", "17:00"), Reason.BAD_HOURS, f"'09:60' {NO_TIME}"),
        (("0", "09:00", "17:00:60"), Reason.BAD_HOURS, f"'17:00:60' {NO_TIME}"),
        (("0", "9.30", "17:00"), Reason.BAD_HOURS, f"'9.30' {FRACTION}"),
        (("0", "09:00", "17,5"), Reason.BAD_HOURS, f"'17,5' {FRACTION}"),
        (("0", "9", "17"), Reason.BAD_HOURS, "'9' could be hours, minutes or a time run together: write 09:00"),
        (("0", "Closed", "closed"), Reason.BAD_HOURS, f"'Closed' {CLOSED_DAY}"),
        (("0", "09:00+01", "17:00"), Reason.BAD_HOURS, "'09:00+01' has an offset, but hours are the store's own"),
        (("0", LONG, LONG), Reason.BAD_HOURS, f"'{CUT}' could be hours, minutes or a time run together: write 09:00"),
    ],
)
def test_refusal_of_a_row_says_what_was_found(row: tuple[str | int, str, str], reason: Reason, detail: str) -> None:
    assert parse_hours(*row) == Rejected(reason, detail)


@pytest.mark.parametrize(
    ("start", "end", "reason", "detail"),
    [
        ("", LONG, Reason.MISSING_VALUE, f"start '', end '{CUT}'"),
        (LONG, " ", Reason.MISSING_VALUE, f"start '{CUT}', end ' '"),
        ("", " ", Reason.MISSING_VALUE, f"start '', end ' '; {CLOSED_DAY}"),
        ("09:00", "noon", Reason.BAD_HOURS, f"'noon' {NO_TIME}"),
    ],
)
def test_refusal_of_a_days_hours_says_what_was_found(start: str, end: str, reason: Reason, detail: str) -> None:
    assert parse_day_hours(start, end) == Rejected(reason, detail)


@pytest.mark.parametrize("around", ["\t", "\u00a0", "X"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_around_a_value_only_spaces_are_dropped(around: str, at: int) -> None:
    row = ["0", "09:00", "17:00"]
    row[at] = around + row[at]
    day, start, end = row

    expected = Rejected(Reason.BAD_DAY, repr(day)) if at == 0 else Rejected(Reason.BAD_HOURS, f"{row[at]!r} {NO_TIME}")
    assert parse_hours(day, start, end) == expected
    if at > 0:
        assert parse_day_hours(start, end) == expected


@pytest.mark.parametrize("text", ["\t", "\u00a0", "X"])
def test_value_that_is_not_empty_but_for_spaces_is_not_missing(text: str) -> None:
    for start, end in ((text, "17:00"), ("09:00", text)):
        bad = Rejected(Reason.BAD_HOURS, f"{text!r} {NO_TIME}")
        assert parse_hours("0", start, end) == bad
        assert parse_day_hours(start, end) == bad
    assert parse_hours(text, "09:00", "17:00") == Rejected(Reason.BAD_DAY, repr(text))


@pytest.mark.parametrize(
    ("minute", "text"),
    [(0, "00:00"), (59, "00:59"), (60, "01:00"), (1439, "23:59"), (1440, "24:00"), (1441, "00:01"), (2880, "24:00")],
)
def test_clock_of_a_minute_is_of_its_own_day(minute: int, text: str) -> None:
    assert clock(minute) == text


@pytest.mark.parametrize("hours", [DayHours(0, 1440), DayHours(540, 1020), DayHours(1320, 1561), DayHours(1, 1441)])
def test_hours_that_are_written_are_read_as_the_same(hours: DayHours) -> None:
    assert parse_day_hours(clock(hours.start), clock(hours.end)) == hours

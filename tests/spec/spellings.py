"""The spellings of times and of hours, each with what it means; docs/rules.md has them as tables."""

from collections.abc import Sequence

from stream_app.domain.clock_time import parse_clock
from stream_app.domain.instant import parse_time
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import parse_day_hours
from tests.support.markdown import markdown_table

# All of these are 2023-01-25 11:20 UTC, the second 0 or as written.
TIMES_READ = {
    "as the data has it": (
        *("2023-01-25 11:20:00 UTC", "2023-01-25 11:20:00.000000 UTC", "2023-01-25T11:20:00Z"),
        *("2023-01-25T11:20:00.000Z", "2023-01-25 11:20:00+00:00", "2023-01-25 11:20:00"),
    ),
    "an offset as of PostgreSQL or strftime": (
        *("2023-01-25 11:20:00+00", "2023-01-25T11:20:00+0000", "2023-01-25 11:20:00 +00:00"),
        *("2023-01-25 11:20:00 +0000", "2023-01-25 16:50:00+05:30", "2023-01-25 07:50:00-0330"),
        *("2023-01-25 12:20:00 +01", "2023-01-25 10:35:30-00:44:30"),
    ),
    "small letters, GMT": (
        *("2023-01-25t11:20:00z", "2023-01-25 11:20:00 utc", "2023-01-25 11:20:00 GMT", "2023-01-25 11:20:00UTC"),
    ),
    "an offset of 0 and UTC": ("2023-01-25 11:20:00 +0000 UTC", "2023-01-25T11:20:00+00:00Z"),
    "without seconds": ("2023-01-25T11:20Z", "2023-01-25 11:20", "2023-01-25 11:20+00"),
    "without leading zeros": ("2023-1-25 11:20:00", "2023-01-25 6:20:00-05:00"),
    "a comma before the fraction": ("2023-01-25T11:20:00,000Z",),
    "of 12 hours": ("2023-01-25 11:20:00 AM", "2023-01-25 12:20 a.m. -11:00"),
    "run together": ("20230125T112000Z", "20230125T1120Z", "20230125 11:20:00", "2023-01-25T112000Z"),
    "with the week": ("2023-W04-3T11:20:00Z", "2023W043T112000Z"),
}
TIMES_REFUSED = (
    *("01/02/2023 11:20:00", "25.01.2023 11:20", "2023/01/25 11:20:00", "1674645600", "1674645600000"),
    *("20230125112000", "2023-01-25", "2023-01-25 11", "2023-01-25 11:20:00 CET"),
    *("2023-01-25 11:20:00 America/Chicago", "2023-01-25 11:20:00 UTC+2", "2023-01-25 11:20:00 +0100 UTC"),
    *("2023-01-25 24:00:00", "2023-01-25 13:20 PM", "Wed, 25 Jan 2023 11:20:00 GMT", "yesterday"),
)
# As starts.
HOURS_READ = {
    "09:00": ("09:00", "09:00:00", "9:00", "9:00:00", "09:00:00.000", "09:00:00,5", "09.00.00", "9.00.00"),
    "09:00 by AM": ("9:00 AM", "9:00AM", "9:00:00 am", "9 am", "9am", "9 a.m.", "9.00 am", "09.00AM"),
    "21:30": ("21:30", "9:30 PM", "9.30 p.m.", "09:30:59PM"),
    "00:00": ("0:00:00", "0.00.00", "00:00", "12 AM", "12:00 a.m."),
    "12:30": ("12:30", "12:30 p.m.", "12.30PM"),
}
HOURS_REFUSED = (
    *("9.30", "9,5", "0.375", "9", "0900", "24:01", "25:00", "09:60", "13:00 PM", "0:30 AM", "9:5"),
    *("09:00:00+00", "09:00Z", "closed", "-", "noon", "\uff19:00", "9h30"),
)


def times_read() -> str:
    """A row for each kind of spelling that is read."""
    rows = ([kind, "<br>".join(f"`{text}`" for text in texts)] for kind, texts in TIMES_READ.items())
    return markdown_table(("kind", "read as 2023-01-25 11:20 UTC"), rows)


def times_refused() -> str:
    """A row for each spelling that is refused."""
    return _refusals(TIMES_REFUSED, [refusal_of_time(text) for text in TIMES_REFUSED])


def hours_read() -> str:
    """A row for each start, with its spellings."""
    rows = ([start.partition(" ")[0], ", ".join(f"`{text}`" for text in texts)] for start, texts in HOURS_READ.items())
    return markdown_table(("start", "spellings"), rows)


def hours_refused() -> str:
    """A row for each spelling that is refused."""
    return _refusals(HOURS_REFUSED, [refusal_of_hours(text) for text in HOURS_REFUSED])


def refusal_of_time(text: str) -> str:
    """What is said of a time that is refused."""
    refused = parse_time(text)
    assert isinstance(refused, Rejected), text
    return refused.detail


def refusal_of_hours(text: str) -> str:
    """What is said of a start that is refused."""
    refused = parse_day_hours(text, "17:00")
    assert isinstance(refused, Rejected), text
    assert parse_clock(text) is None
    return refused.detail


def _refusals(texts: Sequence[str], details: Sequence[str]) -> str:
    words = (detail.removeprefix(repr(text)).lstrip(", ") for text, detail in zip(texts, details, strict=True))
    return markdown_table(
        ("refused", "why"),
        ([f"`{text}`", why or "it is none of the forms above"] for text, why in zip(texts, words, strict=True)),
    )

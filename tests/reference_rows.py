"""Rows and fields read the slow, obvious way: a value, or Rejected; the spaces around a field never count.

Part of the reference. A minute is a whole number of minutes since 1970-01-01 00:00 UTC; a weekday is 0 for Monday to 6
for Sunday.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import NamedTuple, TypeVar

from tests.reference_times import Rejected, parse_clock, parse_timestamp

Row = tuple[str, ...]  # as in the files: (id, status, timestamp), (id, day, start, end) or (id, timezone)
Parsed = TypeVar("Parsed")

ACTIVE, INACTIVE = "active", "inactive"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Poll(NamedTuple):
    """What one store said at one moment (UTC, to the microsecond)."""

    store_id: str
    moment: datetime
    status: str


class Hours(NamedTuple):
    """Open from start up to end, in minutes from the midnight that begins the weekday; end > 1440 is the next day."""

    weekday: int
    start: int
    end: int


def minute_of(moment: datetime) -> int:
    """Floor the moment to its minute."""
    return (moment - EPOCH) // MINUTE


def parse_store_id(text: str) -> str:
    """Strip the spaces around; what is left must be 1-256 bytes of UTF-8 without control characters."""
    store_id = text.strip(" ")
    try:
        size = len(store_id.encode())
    except UnicodeEncodeError:
        raise Rejected(text) from None
    if not 1 <= size <= 256 or any(unicodedata.category(character) == "Cc" for character in store_id):
        raise Rejected(text)
    return store_id


def parse_date(text: str) -> date:
    """Take a day of the years 1970 to 9999, as YYYY-MM-DD."""
    if DATE.fullmatch(text.strip(" ")) is None:
        raise Rejected(text)
    try:
        day = date.fromisoformat(text.strip(" "))
    except ValueError:  # no such day
        raise Rejected(text) from None
    if day < EPOCH.date():
        raise Rejected(text)
    return day


def parse_poll(store_id: str, status: str, timestamp: str) -> Poll:
    """Take one row of the poll file."""
    if status.strip(" ") not in {ACTIVE, INACTIVE}:
        raise Rejected(status)
    return Poll(parse_store_id(store_id), parse_timestamp(timestamp), status.strip(" "))


def parse_start(text: str) -> int:
    """Give the minute of the day, floored."""
    if parse_clock(text) == DAY:
        raise Rejected(text)
    return parse_clock(text) // MINUTE


def parse_end(text: str) -> int:
    """Give the minute of the day, ceiled; midnight is the end of the day (1440), not its beginning."""
    return -(-parse_clock(text) // MINUTE) or DAY_MINUTES


def parse_interval(start: str, end: str) -> tuple[int, int]:
    """Give minutes from the midnight that begins the day; an end at or before the start lies on the next day."""
    opens, closes = parse_start(start), parse_end(end)
    return opens, closes if closes > opens else closes + DAY_MINUTES


def parse_hours(day: str, start: str, end: str) -> Hours:
    """Take one interval of a weekday."""
    if day.strip(" ") not in {"0", "1", "2", "3", "4", "5", "6"}:
        raise Rejected(day)
    return Hours(int(day), *parse_interval(start, end))


def parse_hours_row(store_id: str, day: str, start: str, end: str) -> tuple[str, Hours]:
    """Take one row of the business hours file."""
    return parse_store_id(store_id), parse_hours(day, start, end)


@cache
def listed_zones() -> frozenset[str]:
    """Read the names that the tzdata package lists; the host's zones have no say."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def parse_zone(text: str) -> str:
    """Take a zone name exactly as the tzdata package lists it."""
    if text.strip(" ") not in listed_zones():
        raise Rejected(text)
    return text.strip(" ")


def parse_zone_row(store_id: str, timezone: str) -> tuple[str, str]:
    """Take one row of the zone file."""
    return parse_store_id(store_id), parse_zone(timezone)


def valid(parse: Callable[..., Parsed], rows: Iterable[Row]) -> list[Parsed]:
    """Parse the rows in order, leaving out those rejected."""
    parsed = []
    for row in rows:
        with suppress(Rejected):
            parsed.append(parse(*row))
    return parsed

"""The report computed the slow, obvious way: minute by minute, with sets and loops.

Everything else is judged by this module, so it shares no code with the product. It is to be checked by eye against
"Meaning of the numbers" in the design. A minute is a whole number of minutes since 1970-01-01 00:00 UTC; a weekday is
0 for Monday to 6 for Sunday.
"""

import csv
import io
import re
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

Row = tuple[str, ...]  # as in the files: (id, status, timestamp), (id, day, start, end) or (id, timezone)
MessageBody = tuple[str | None, list[tuple[int, str, str]]]  # timezone, hours of (day, start, end)
Parsed = TypeVar("Parsed")

ACTIVE, INACTIVE = "active", "inactive"
DEFAULT_ZONE = "America/Chicago"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR_MINUTES, DAY_MINUTES, WEEK_MINUTES = 60, 24 * 60, 7 * 24 * 60

TIMESTAMP = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?: UTC|Z|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))?",
)
TIME_OF_DAY = re.compile(r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?")


class Rejected(Exception):  # noqa: N818 - the design's own word
    """A row or message breaks a rule; it counts for nothing at all."""


class NoPolls(Exception):  # noqa: N818 - the design's own word
    """There is no poll to take T from, and the caller gave none."""


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


class Calendar(NamedTuple):
    """When a store is open, in local time; without any hours it is open 24x7."""

    timezone: str = DEFAULT_ZONE
    hours: frozenset[Hours] = frozenset()


class Counts(NamedTuple):
    """Minutes of one store, named as the report's columns."""

    uptime_last_hour: int
    uptime_last_day: int
    uptime_last_week: int
    downtime_last_hour: int
    downtime_last_day: int
    downtime_last_week: int


# Parsing: a value, or Rejected; the spaces around a field never count


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


def parse_timestamp(text: str) -> datetime:
    """Give the moment in UTC; finer than microseconds is cut off."""
    match = TIMESTAMP.fullmatch(text.strip(" "))
    if match is None:
        raise Rejected(text)
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    microsecond = int((match["fraction"] or "")[:6].ljust(6, "0"))
    try:
        written = datetime.fromisoformat(f"{match['date']}T{match['time']}+00:00").replace(microsecond=microsecond)
        moment = written + offset if match["sign"] == "-" else written - offset
    except (ValueError, OverflowError):  # no such day or hour, or past the year 9999
        raise Rejected(text) from None
    if moment < EPOCH:
        raise Rejected(text)
    return moment


def parse_poll(store_id: str, status: str, timestamp: str) -> Poll:
    """Take one row of the poll file."""
    if status.strip(" ") not in {ACTIVE, INACTIVE}:
        raise Rejected(status)
    return Poll(parse_store_id(store_id), parse_timestamp(timestamp), status.strip(" "))


def parse_start(text: str) -> int:
    """Give the minute of the day, floored."""
    match = TIME_OF_DAY.fullmatch(text.strip(" "))
    if match is None:
        raise Rejected(text)
    return int(match["hour"]) * 60 + int(match["minute"])


def parse_end(text: str) -> int:
    """Give the minute of the day, ceiled; midnight is the end of the day (1440), not its beginning."""
    if text.strip(" ") in {"00:00", "00:00:00", "24:00", "24:00:00"}:
        return DAY_MINUTES
    match = TIME_OF_DAY.fullmatch(text.strip(" "))
    has_seconds = match is not None and int(match["second"] or 0) > 0
    return parse_start(text) + (1 if has_seconds else 0)


def parse_hours(day: str, start: str, end: str) -> Hours:
    """Take one interval; an end at or before the start lies on the next day."""
    if day.strip(" ") not in {"0", "1", "2", "3", "4", "5", "6"}:
        raise Rejected(day)
    opens, closes = parse_start(start), parse_end(end)
    return Hours(int(day), opens, closes if closes > opens else closes + DAY_MINUTES)


def parse_hours_row(store_id: str, day: str, start: str, end: str) -> tuple[str, Hours]:
    """Take one row of the business hours file."""
    return parse_store_id(store_id), parse_hours(day, start, end)


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


# Calendars: from the files' rows, or from messages


def calendars_from_rows(hours_rows: Iterable[Row], zone_rows: Iterable[Row]) -> dict[str, Calendar]:
    """Give each store of a valid row its calendar: all its hours, and the last of its zones."""
    zones = dict(valid(parse_zone_row, zone_rows))
    hours = defaultdict(set)
    for store_id, interval in valid(parse_hours_row, hours_rows):
        hours[store_id].add(interval)
    return {
        store_id: Calendar(zones.get(store_id, DEFAULT_ZONE), frozenset(hours.get(store_id, ())))
        for store_id in zones.keys() | hours.keys()
    }


def calendars_from_messages(messages: Iterable[tuple[str, MessageBody | None]]) -> dict[str, Calendar]:
    """Give each store the calendar of its last valid message; None (a tombstone) takes it away again."""
    calendars: dict[str, Calendar] = {}
    for key, body in messages:
        with suppress(Rejected):
            store_id = parse_store_id(key)
            if body is None:
                calendars.pop(store_id, None)
                continue
            timezone, hours = body
            intervals = frozenset(parse_hours(str(day), start, end) for day, start, end in hours)
            calendars[store_id] = Calendar(DEFAULT_ZONE if timezone is None else parse_zone(timezone), intervals)
    return calendars


# The model: sets of minutes


def minute_of(moment: datetime) -> int:
    """Floor the moment to its minute."""
    return (moment - EPOCH) // MINUTE


@cache
def listed_zones() -> frozenset[str]:
    """Read the names that the tzdata package lists; the host's zones have no say."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@cache
def zone_info(timezone: str) -> ZoneInfo:
    """Read the zone's rules from the tzdata package."""
    with resources.files("tzdata").joinpath("zoneinfo", *timezone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=timezone)


@lru_cache(maxsize=256)
def local_minutes(timezone: str, first: int, end: int) -> list[tuple[int, tuple[int, int]]]:
    """Pair each minute from first up to end with its local (weekday, minute of the day)."""
    pairs = []
    for minute in range(first, end):
        local = (EPOCH + minute * MINUTE).astimezone(zone_info(timezone))  # some old offsets have seconds: floored
        pairs.append((minute, (local.weekday(), local.hour * 60 + local.minute)))
    return pairs


@lru_cache(maxsize=64)
def open_minutes(calendar: Calendar, first: int, end: int) -> frozenset[int]:
    """Give the minutes from first up to end in which the store is open."""
    if not calendar.hours:
        return frozenset(range(first, end))
    open_in_any_week = {
        ((hours.weekday + minute // DAY_MINUTES) % 7, minute % DAY_MINUTES)
        for hours in calendar.hours
        for minute in range(hours.start, hours.end)
    }
    return frozenset(
        minute for minute, local in local_minutes(calendar.timezone, first, end) if local in open_in_any_week
    )


def active_minutes(polls: Iterable[Poll], first: int, end: int) -> frozenset[int]:
    """Give the minutes from first up to end in which the newest poll so far said active."""
    # Of two polls in a minute the later is taken last and stays; of two at one moment, inactive.
    waiting = deque(sorted(polls, key=lambda poll: (poll.moment, poll.status == INACTIVE)))
    status = INACTIVE
    active = set()
    for minute in range(first, end):
        while waiting and minute_of(waiting[0].moment) <= minute:
            status = waiting.popleft().status
        if status == ACTIVE:
            active.add(minute)
    return frozenset(active)


def counts(polls: Iterable[Poll], calendar: Calendar, as_of: datetime) -> Counts:
    """Count one store's minutes in the three windows that end at as_of, floored to the minute."""
    end = minute_of(as_of)
    is_open = open_minutes(calendar, end - WEEK_MINUTES, end)
    is_active = active_minutes(polls, end - WEEK_MINUTES, end)
    up, down = is_open & is_active, is_open - is_active
    windows = [range(end - length, end) for length in (HOUR_MINUTES, DAY_MINUTES, WEEK_MINUTES)]
    uptime = [len(up.intersection(window)) for window in windows]
    downtime = [len(down.intersection(window)) for window in windows]
    return Counts(*uptime, *downtime)


def counts_by_store(
    polls: Iterable[Row], calendars: Mapping[str, Calendar], as_of: datetime | None = None
) -> dict[str, Counts]:
    """Count each store known from a valid poll or a calendar, in the order of the ids' bytes.

    T is the newest poll of all stores unless as_of is given; without either NoPolls is raised.
    """
    polls_of = defaultdict(set)
    for poll in valid(parse_poll, polls):
        polls_of[poll.store_id].add(poll)
    if as_of is None:
        as_of = max((poll.moment for said in polls_of.values() for poll in said), default=None)
    if as_of is None:
        raise NoPolls
    return {
        store_id: counts(polls_of.get(store_id, ()), calendars.get(store_id, Calendar()), as_of)
        for store_id in sorted(polls_of.keys() | calendars.keys(), key=str.encode)
    }


# The report


def report_csv(counted: Mapping[str, Counts]) -> bytes:
    """Write the report: the hour in minutes, day and week in hours."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(["store_id", *Counts._fields])
    for store_id, (up_hour, up_day, up_week, down_hour, down_day, down_week) in counted.items():
        uptime = [str(up_hour), str(round(up_day / 60, 2)), str(round(up_week / 60, 2))]
        downtime = [str(down_hour), str(round(down_day / 60, 2)), str(round(down_week / 60, 2))]
        writer.writerow([store_id, *uptime, *downtime])
    return text.getvalue().encode()


def report(
    polls: Iterable[Row], hours_rows: Iterable[Row], zone_rows: Iterable[Row], as_of: datetime | None = None
) -> bytes:
    """Give the report of raw rows, as they stand in the files."""
    return report_csv(counts_by_store(polls, calendars_from_rows(hours_rows, zone_rows), as_of))


def report_from_files(directory: Path, as_of: datetime | None = None) -> bytes:
    """Give the report of the CSV files in a directory, each of which may be missing."""
    hours_names = ["menu_hours", "business_hours", "store_hours", "store_business_hours"]
    zone_names = ["timezones", "store_timezones", "timezone"]
    return report(
        read_rows(directory, ["store_status"], ["store_id", "status", "timestamp_utc"]),
        read_rows(directory, hours_names, ["store_id", "day", "start_time_local", "end_time_local"]),
        read_rows(directory, zone_names, ["store_id", "timezone_str"]),
        as_of,
    )


def read_rows(directory: Path, names: list[str], columns: list[str]) -> list[Row]:
    """Read the columns of the first of the files that exists; a row too short gets empty fields, and so is rejected."""
    paths = [directory / f"{name}.csv" for name in names]
    for path in filter(Path.exists, paths):
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            header = next(csv.reader(file), [])
            header = ["day" if name in {"dayOfWeek", "day_of_week"} else name for name in header]
            return [tuple(row[column] for column in columns) for row in csv.DictReader(file, header, restval="")]
    return []

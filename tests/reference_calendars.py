"""When a store is open, found the slow, obvious way: each minute by the version in force in it. Part of the reference.

A calendar comes from the rows of the files, or from one message that holds everything about the store:

    {"timezone", "hours": [{"day", "start", "end"}]}, or "versions": [{"effective_from", "timezone", "hours"}] instead;
    optionally "exceptions": [{"date", "hours": [{"start", "end"}]}] and "maintenance": [{"from", "to"}].
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.reference_rows import (
    DAY_MINUTES,
    EPOCH,
    MINUTE,
    Hours,
    Row,
    minute_of,
    parse_date,
    parse_hours,
    parse_hours_row,
    parse_interval,
    parse_store_id,
    parse_zone,
    parse_zone_row,
    valid,
)
from tests.reference_times import Rejected, parse_timestamp

MessageBody = Mapping[str, Any]  # as JSON has it
Interval = tuple[int, int]  # minutes from the midnight that begins a day; an end > 1440 is the next day

DEFAULT_ZONE = "America/Chicago"
ALWAYS = -math.inf


class Version(NamedTuple):
    """What holds from a minute on; without any hours the store is open 24x7, without any zone it is the default's."""

    effective_from: float = ALWAYS
    timezone: str = DEFAULT_ZONE
    hours: frozenset[Hours] = frozenset()
    assumes_zone: bool = False


class Calendar(NamedTuple):
    """When a store is open, in local time: one zone and week for all time, or versions in their place."""

    timezone: str = DEFAULT_ZONE
    hours: frozenset[Hours] = frozenset()
    versions: frozenset[Version] = frozenset()
    exceptions: frozenset[tuple[date, frozenset[Interval]]] = frozenset()  # what a date has instead of its weekday's
    maintenance: frozenset[tuple[int, int]] = frozenset()  # UTC minutes, from up to
    assumes_zone: bool = False


NO_CALENDAR = Calendar(assumes_zone=True)


class Refused(NamedTuple):
    """What was refused of a store's calendar: rows of hours, rows of zones, or its newest message."""

    hours: int = 0
    zones: int = 0
    message: bool = False


# From the files' rows, or from messages


def calendars_from_rows(hours_rows: Iterable[Row], zone_rows: Iterable[Row]) -> dict[str, Calendar]:
    """Give each store of a valid row its calendar: all its hours, and the last of its zones."""
    zones = dict(valid(parse_zone_row, zone_rows))
    hours = defaultdict(set)
    for store_id, interval in valid(parse_hours_row, hours_rows):
        hours[store_id].add(interval)
    return {
        store_id: Calendar(
            zones.get(store_id, DEFAULT_ZONE), frozenset(hours.get(store_id, ())), assumes_zone=store_id not in zones
        )
        for store_id in zones.keys() | hours.keys()
    }


def refused_from_rows(hours_rows: Iterable[Row], zone_rows: Iterable[Row]) -> dict[str, Refused]:
    """Count what is refused of each store whose id can be read."""
    hours, zones = (
        Counter(name for row in rows if not valid(parse, [row]) for (name,) in valid(parse_name, [row[:1]]))
        for parse, rows in ((parse_hours_row, hours_rows), (parse_zone_row, zone_rows))
    )
    return {store_id: Refused(hours[store_id], zones[store_id]) for store_id in hours | zones}


def refused_from_messages(messages: Iterable[tuple[str, MessageBody | None]]) -> dict[str, Refused]:
    """Give the stores whose last message is refused; a valid one, or a tombstone, takes that back."""
    refused: dict[str, Refused] = {}
    for key, body in messages:
        for (store_id,) in valid(parse_name, [(key,)]):
            refused.pop(store_id, None)
            if body is not None and is_refused(body):
                refused[store_id] = Refused(message=True)
    return refused


def is_refused(body: MessageBody) -> bool:
    """Say whether a message breaks a rule."""
    try:
        parse_calendar(body)
    except Rejected:
        return True
    return False


def parse_name(text: str) -> tuple[str]:
    """Take a row's store id alone."""
    return (parse_store_id(text),)


def origin(*, is_given: bool, rows_refused: int, message_refused: bool) -> str:
    """Say where hours or a zone come from."""
    if is_given:
        return "given"
    return "refused" if rows_refused or message_refused else "assumed"


def calendars_from_messages(messages: Iterable[tuple[str, MessageBody | None]]) -> dict[str, Calendar]:
    """Give each store the calendar of its last valid message; None (a tombstone) takes it away again."""
    calendars: dict[str, Calendar] = {}
    for key, body in messages:
        with suppress(Rejected):
            store_id = parse_store_id(key)
            if body is None:
                calendars.pop(store_id, None)
            else:
                calendars[store_id] = parse_calendar(body)
    return calendars


def parse_calendar(body: MessageBody) -> Calendar:
    """Take a message whole, or not at all."""
    try:
        exceptions = [parse_exception(exception) for exception in body.get("exceptions", [])]
        maintenance = frozenset(parse_maintenance(planned) for planned in body.get("maintenance", []))
        if "versions" not in body:
            timezone, hours, assumes_zone = parse_week(body)
            versions = []
        elif "timezone" in body or "hours" in body:
            raise Rejected(body)
        else:
            timezone, hours, assumes_zone = DEFAULT_ZONE, frozenset(), True
            versions = [parse_version(version) for version in body["versions"]]
            if not versions or has_twice(version.effective_from for version in versions):
                raise Rejected(body)
    except (AttributeError, KeyError, TypeError):  # a part is missing, or of another type
        raise Rejected(body) from None
    if has_twice(day for day, _ in exceptions):
        raise Rejected(body)
    return Calendar(timezone, hours, frozenset(versions), frozenset(exceptions), maintenance, assumes_zone)


def parse_week(part: MessageBody) -> tuple[str, frozenset[Hours], bool]:
    """Take a zone (null: the default) and the hours of the weekdays, and say whether the zone is assumed."""
    timezone = part.get("timezone")
    hours = frozenset(parse_hours(str(row["day"]), row["start"], row["end"]) for row in part.get("hours", []))
    return DEFAULT_ZONE if timezone is None else parse_zone(timezone), hours, timezone is None


def parse_version(part: MessageBody) -> Version:
    """Take one version; effective_from is floored to the minute, null is for ever."""
    text = part["effective_from"]
    return Version(ALWAYS if text is None else minute_of(parse_timestamp(text)), *parse_week(part))


def parse_exception(part: MessageBody) -> tuple[date, frozenset[Interval]]:
    """Take one date with its hours; none means closed."""
    return parse_date(part["date"]), frozenset(parse_interval(row["start"], row["end"]) for row in part["hours"])


def parse_maintenance(part: MessageBody) -> tuple[int, int]:
    """Take UTC moments, the first floored and the second ceiled to the minute; they must be in order as written."""
    begins, ends = parse_timestamp(part["from"]), parse_timestamp(part["to"])
    if begins >= ends:
        raise Rejected(part)
    return minute_of(begins), minute_of(ends) + (1 if ends.second or ends.microsecond else 0)


def has_twice(values: Iterable[object]) -> bool:
    """Say whether a value comes more than once."""
    values = list(values)
    return len(set(values)) < len(values)


# Minute by minute


@cache
def zone_info(timezone: str) -> ZoneInfo:
    """Read the zone's rules from the tzdata package."""
    with resources.files("tzdata").joinpath("zoneinfo", *timezone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=timezone)


def local_clock(timezone: str, minute: int) -> datetime:
    """Give the local clock's reading, naive; some old offsets have seconds, which are cut off."""
    local = (EPOCH + minute * MINUTE).astimezone(zone_info(timezone))
    return local.replace(second=0, tzinfo=None, fold=0)


@lru_cache(maxsize=64)
def local_minutes(timezone: str, first: int, end: int) -> list[tuple[date, int]]:
    """Give the local (date, minute of the day) of each minute from first up to end."""
    clocks = (local_clock(timezone, minute) for minute in range(first, end))
    return [(local.date(), local.hour * 60 + local.minute) for local in clocks]


def version_in_force(calendar: Calendar, minute: float) -> Version:
    """Give the newest version that has begun; before the earliest it is the default's."""
    if not calendar.versions:
        return Version(ALWAYS, calendar.timezone, calendar.hours, calendar.assumes_zone)
    begun = [version for version in calendar.versions if version.effective_from <= minute]
    return max(begun, key=lambda version: version.effective_from, default=Version(assumes_zone=True))


def versions_of(calendar: Calendar, minutes: range) -> Iterable[tuple[Version, Iterable[int]]]:
    """Pair each run of minutes with the version in force; without versions it is one run."""
    if not calendar.versions:
        return [(version_in_force(calendar, minutes.start), minutes)]
    return groupby(minutes, key=lambda minute: version_in_force(calendar, minute))


def newest_version(calendar: Calendar) -> Version:
    """Give the version that holds at the end of all time."""
    return version_in_force(calendar, math.inf)


def intervals_of(calendar: Calendar, hours: frozenset[Hours], day: date) -> frozenset[Interval]:
    """Give what is open from the midnight of a local date on: the exception's hours, else those of its weekday."""
    exceptions = dict(calendar.exceptions)
    if day in exceptions:
        return exceptions[day]
    if not hours:
        return frozenset({(0, DAY_MINUTES)})
    return frozenset((start, end) for weekday, start, end in hours if weekday == day.weekday())


def open_on(calendar: Calendar, hours: frozenset[Hours], day: date) -> set[int]:
    """Give the minutes of a local date that are open, with what runs over from the date before."""
    own = {minute for start, end in intervals_of(calendar, hours, day) for minute in range(start, end)}
    before = intervals_of(calendar, hours, day - timedelta(days=1))
    return own | {minute - DAY_MINUTES for start, end in before for minute in range(start, end)}


@lru_cache(maxsize=64)
def open_minutes(calendar: Calendar, first: int, end: int) -> frozenset[int]:
    """Give the minutes from first up to end in which the store is open."""
    found: set[int] = set()
    for version, minutes in versions_of(calendar, range(first, end)):
        if not version.hours and not calendar.exceptions:
            found.update(minutes)
            continue
        local = local_minutes(version.timezone, first, end)
        open_on_day: dict[date, set[int]] = {}
        for minute in minutes:
            day, minute_of_day = local[minute - first]
            if day not in open_on_day:
                open_on_day[day] = open_on(calendar, version.hours, day)
            if minute_of_day in open_on_day[day]:
                found.add(minute)
    for begins, ends in calendar.maintenance:
        found -= set(range(max(begins, first), min(ends, end)))
    return frozenset(found)


@lru_cache(maxsize=1024)
def clock_reaches(timezone: str, reading: datetime) -> int:
    """Give the first UTC minute in which the local clock (naive) reads this or later."""
    minute = minute_of(reading.replace(tzinfo=EPOCH.tzinfo)) - DAY_MINUTES  # no offset is as large as a day
    while local_clock(timezone, minute) < reading:
        minute += 1
    return minute

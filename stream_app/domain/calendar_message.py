"""Everything that one message says of a store's calendar: read whole or refused whole."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

from stream_app.domain.instant import format_instant, parse_time
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import (
    CalendarVersion,
    DatedException,
    Maintenance,
    StoreCalendar,
    parse_day_hours,
    parse_hours,
)
from stream_app.domain.zones import DEFAULT_ZONE, parse_zone

MAX_ENTRIES = 1_000  # versions, exceptions, maintenance, of each; so that one store can't hold up its partition
MAX_HOURS = 10_000  # rows of hours, weekly and of exceptions, of all versions together

_FROM_EVER = -1  # before every minute that a version can take effect in
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR = 1970

_parse_hours = lru_cache(maxsize=65_536)(parse_hours)  # messages hold few different hours, many times each

_Value = TypeVar("_Value")

WeeklyRow = tuple[int, str, str]  # day, start, end
DayRow = tuple[str, str]  # start, end


class VersionFields(NamedTuple):
    """A version as the message has it; no time means from ever, no zone the default one."""

    effective_from: str | None
    timezone: str | None
    hours: Sequence[WeeklyRow]


class ExceptionFields(NamedTuple):
    """A dated exception as the message has it."""

    date: str
    hours: Sequence[DayRow]


class MaintenanceFields(NamedTuple):
    """Planned maintenance as the message has it."""

    start: str
    end: str


def parse_calendar(
    versions: Sequence[VersionFields],
    exceptions: Sequence[ExceptionFields] = (),
    maintenance: Sequence[MaintenanceFields] = (),
) -> StoreCalendar | Rejected:
    """A calendar, or the first rule that a field of it breaks. Before the earliest version the defaults hold."""
    crowded = _crowded(versions, exceptions, maintenance)
    if crowded is not None:
        return crowded
    parsed = _parse_versions(versions)
    if isinstance(parsed, Rejected):
        return parsed
    dates = _parse_exceptions(exceptions)
    if isinstance(dates, Rejected):
        return dates
    closed = _all_valid(map(_parse_maintenance, maintenance))
    if isinstance(closed, Rejected):
        return closed
    first, *later = parsed
    return StoreCalendar(
        first.zone, first.hours, tuple(later), tuple(dates), tuple(sorted(set(closed))), first.assumes_zone
    )


def _crowded(
    versions: Sequence[VersionFields],
    exceptions: Sequence[ExceptionFields],
    maintenance: Sequence[MaintenanceFields],
) -> Rejected | None:
    lists = {"versions": versions, "exceptions": exceptions, "maintenance": maintenance}
    counts = {name: len(entries) for name, entries in lists.items() if len(entries) > MAX_ENTRIES}
    rows = sum(len(version.hours) for version in versions) + sum(len(dated.hours) for dated in exceptions)
    if rows > MAX_HOURS:
        counts["rows of hours"] = rows
    if not counts:
        return None
    return Rejected(Reason.CALENDAR_TOO_LARGE, ", ".join(f"{count} {name}" for name, count in counts.items()))


def _parse_versions(versions: Sequence[VersionFields]) -> list[CalendarVersion] | Rejected:
    """The versions in order, the first from ever."""
    parsed = _all_valid(map(_parse_version, versions))
    if isinstance(parsed, Rejected):
        return parsed
    if not parsed:
        return Rejected(Reason.NO_VERSIONS, "[]")
    ordered = sorted(parsed)
    for earlier, later in pairwise(ordered):
        if earlier.effective_from == later.effective_from:
            at = later.effective_from
            return Rejected(
                Reason.REPEATED_VERSION, "null" if at == _FROM_EVER else format_instant(at * MICROS_PER_MINUTE)
            )
    if ordered[0].effective_from == _FROM_EVER:
        return ordered
    return [CalendarVersion(_FROM_EVER, assumes_zone=True), *ordered]


def _parse_version(fields: VersionFields) -> CalendarVersion | Rejected:
    effective_from = _parse_effective_from(fields.effective_from)
    if isinstance(effective_from, Rejected):
        return effective_from
    zone = DEFAULT_ZONE if fields.timezone is None else parse_zone(fields.timezone)
    if isinstance(zone, Rejected):
        return zone
    hours = _all_valid(_parse_hours(*row) for row in fields.hours)
    if isinstance(hours, Rejected):
        return hours
    return CalendarVersion(effective_from, zone, tuple(sorted(set(hours))), fields.timezone is None)


def _parse_effective_from(text: str | None) -> int | Rejected:
    if text is None:
        return _FROM_EVER
    micros = parse_time(text)
    return micros if isinstance(micros, Rejected) else micros // MICROS_PER_MINUTE


def _parse_exceptions(exceptions: Sequence[ExceptionFields]) -> list[DatedException] | Rejected:
    parsed = _all_valid(map(_parse_exception, exceptions))
    if isinstance(parsed, Rejected):
        return parsed
    ordered = sorted(parsed)
    for earlier, later in pairwise(ordered):
        if earlier.date == later.date:
            return Rejected(Reason.REPEATED_DATE, later.date.isoformat())
    return ordered


def _parse_exception(fields: ExceptionFields) -> DatedException | Rejected:
    day = _parse_date(fields.date)
    if isinstance(day, Rejected):
        return day
    hours = _all_valid(parse_day_hours(*row) for row in fields.hours)
    return hours if isinstance(hours, Rejected) else DatedException(day, tuple(sorted(set(hours))))


def _parse_date(text: str) -> date | Rejected:
    stripped = text.strip(" ")
    try:
        parsed = date.fromisoformat(stripped) if _DATE.fullmatch(stripped) else None
    except ValueError:  # a date such as February 30
        parsed = None
    if parsed is None or parsed.year < _FIRST_YEAR:
        return Rejected(Reason.BAD_DATE, repr(text[:32]))
    return parsed


def _parse_maintenance(fields: MaintenanceFields) -> Maintenance | Rejected:
    """Compared as written, so that a reversed pair within one minute doesn't pass by the rounding."""
    start, end = parse_time(fields.start), parse_time(fields.end)
    if isinstance(start, Rejected):
        return start
    if isinstance(end, Rejected):
        return end
    if start >= end:
        return Rejected(Reason.BAD_MAINTENANCE, f"from {fields.start[:64]!r} to {fields.end[:64]!r}")
    return Maintenance(start // MICROS_PER_MINUTE, -(-end // MICROS_PER_MINUTE))


def _all_valid(parsed: Iterable[_Value | Rejected]) -> list[_Value] | Rejected:
    """Every value, or the first rejection."""
    valid: list[_Value] = []
    for value in parsed:
        if isinstance(value, Rejected):
            return value
        valid.append(value)
    return valid

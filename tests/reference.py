"""The report computed the slow, obvious way: minute by minute, with sets and loops.

Everything else is judged by this module and its parts (reference_rows, reference_calendars, reference_policies), so
they share no code with the product. They are to be checked by eye against "Meaning of the numbers" in the design.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tests.reference_calendars import (
    NO_CALENDAR,
    Calendar,
    MessageBody,
    Refused,
    Version,
    calendars_from_messages,
    calendars_from_rows,
    clock_reaches,
    newest_version,
    open_minutes,
    origin,
    parse_calendar,
    refused_from_messages,
    refused_from_rows,
    version_in_force,
)
from tests.reference_policies import (
    DEFAULT_POLICY,
    Minutes,
    Policy,
    existing_polls,
    minutes,
    minutes_in,
    outages,
    windows,
)
from tests.reference_rows import (
    INACTIVE,
    Hours,
    Poll,
    Row,
    minute_of,
    parse_hours_row,
    parse_poll,
    parse_store_id,
    parse_zone_row,
    valid,
)
from tests.reference_times import Rejected, parse_timestamp

__all__ = [
    "COLUMNS",
    "DEFAULT_POLICY",
    "NO_CALENDAR",
    "RANGE_COLUMNS",
    "Calendar",
    "Counts",
    "Hours",
    "MessageBody",
    "Minutes",
    "NoPolls",
    "Policy",
    "Poll",
    "Refused",
    "Rejected",
    "Row",
    "Version",
    "calendars_from_messages",
    "calendars_from_rows",
    "counts",
    "counts_by_store",
    "minute_of",
    "minutes",
    "newest_version",
    "open_minutes",
    "parse_calendar",
    "parse_hours_row",
    "parse_poll",
    "parse_store_id",
    "parse_timestamp",
    "parse_zone_row",
    "range_minutes",
    "range_report",
    "refused_from_messages",
    "refused_from_rows",
    "report",
    "report_from_files",
    "report_of",
    "valid",
    "version_in_force",
    "windows",
]

WINDOW_NAMES = ["last_hour", "last_day", "last_week"]
DEFAULT_COLUMNS = ["store_id", *(f"{each}_{name}" for each in ("uptime", "downtime") for name in WINDOW_NAMES)]
EXTENDED_COLUMNS = [
    *DEFAULT_COLUMNS,
    *(f"{each}_{name}" for each in ("unknown", "business_minutes", "uptime_percent") for name in WINDOW_NAMES),
    *["outages_last_week", "longest_outage_last_week", "last_poll_utc", "last_status", "zone", "polls_last_week"],
    *["estimated_from", "hours_from", "zone_from", "calendar_rows_refused"],
]
COLUMNS = {"default": DEFAULT_COLUMNS, "extended": EXTENDED_COLUMNS}
RANGE_COLUMNS = [
    "store_id",
    *(f"{each}_{unit}" for unit in ("minutes", "hours") for each in ("uptime", "downtime", "unknown")),
]


class NoPolls(Exception):  # noqa: N818 - the design's own word
    """There is no poll to take T from, and the caller gave none."""


class Counts(NamedTuple):
    """Minutes of one store, named as the report's columns."""

    uptime_last_hour: int
    uptime_last_day: int
    uptime_last_week: int
    downtime_last_hour: int
    downtime_last_day: int
    downtime_last_week: int


# Stores


def polls_by_store(rows: Iterable[Row]) -> dict[str, set[Poll]]:
    """Give each store its valid polls."""
    polls_of = defaultdict(set)
    for poll in valid(parse_poll, rows):
        polls_of[poll.store_id].add(poll)
    return polls_of


def known_stores(polls_of: Mapping[str, set[Poll]], calendars: Mapping[str, Calendar]) -> list[str]:
    """Give each store known from a valid poll or a calendar, in the order of the ids' bytes."""
    return sorted(polls_of.keys() | calendars.keys(), key=str.encode)


def newest_moment(polls_of: Mapping[str, set[Poll]]) -> datetime:
    """Give the time of the newest poll of all stores, which T is by default; without any, NoPolls is raised."""
    newest = max((poll.moment for said in polls_of.values() for poll in said), default=None)
    if newest is None:
        raise NoPolls
    return newest


def counts(polls: Iterable[Poll], calendar: Calendar, as_of: datetime, policy: Policy = DEFAULT_POLICY) -> Counts:
    """Count one store's minutes in the three windows."""
    counted = minutes(polls, calendar, policy, as_of)
    uptime = [counted[name].up for name in WINDOW_NAMES]
    downtime = [counted[name].down for name in WINDOW_NAMES]
    return Counts(*uptime, *downtime)


def counts_by_store(
    polls: Iterable[Row],
    calendars: Mapping[str, Calendar],
    as_of: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> dict[str, Counts]:
    """Count each known store; T is the newest poll of all stores unless as_of is given."""
    polls_of = polls_by_store(polls)
    if as_of is None:
        as_of = newest_moment(polls_of)
    return {
        store_id: counts(polls_of.get(store_id, ()), calendars.get(store_id, Calendar()), as_of, policy)
        for store_id in known_stores(polls_of, calendars)
    }


# The report


def report(
    polls: Iterable[Row],
    hours_rows: Iterable[Row],
    zone_rows: Iterable[Row],
    as_of: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
    columns: str = "default",
    policy_name: str = "default",
) -> bytes:
    """Give the report of raw rows, as they stand in the files."""
    calendars, refused = calendars_from_rows(hours_rows, zone_rows), refused_from_rows(hours_rows, zone_rows)
    return report_of(polls, calendars, as_of, policy, columns, policy_name, refused)


def report_of(
    polls: Iterable[Row],
    calendars: Mapping[str, Calendar],
    as_of: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
    columns: str = "default",
    policy_name: str = "default",
    refused: Mapping[str, Refused] = MappingProxyType({}),
) -> bytes:
    """Give the report of raw polls and calendars, which calendars_from_messages makes of messages."""
    polls_of = polls_by_store(polls)
    if as_of is None:
        as_of = newest_moment(polls_of)
    rows = []
    for store_id in known_stores(polls_of, calendars):
        said, calendar = polls_of.get(store_id, set()), calendars.get(store_id, NO_CALENDAR)
        row = {"store_id": store_id, **window_fields(minutes(said, calendar, policy, as_of))}
        if columns == "extended":
            row |= week_fields(said, calendar, policy, as_of) | last_poll_fields(said, as_of)
            row |= {"zone": version_in_force(calendar, minute_of(as_of)).timezone, "estimated_from": policy_name}
            row |= origin_fields(version_in_force(calendar, minute_of(as_of)), refused.get(store_id, Refused()))
        rows.append([row[name] for name in COLUMNS[columns]])
    return csv_of(COLUMNS[columns], rows)


def window_fields(counted: Mapping[str, Minutes]) -> dict[str, str]:
    """Write the columns of each window: the hour in minutes, day and week in hours."""
    fields = {}
    for name, (up, down, unknown, business) in counted.items():
        for column, count in {"uptime": up, "downtime": down, "unknown": unknown}.items():
            fields[f"{column}_{name}"] = str(count) if name == "last_hour" else in_hours(count)
        fields[f"business_minutes_{name}"] = str(business)
        fields[f"uptime_percent_{name}"] = str(round(100 * up / (up + down), 2)) if up + down else ""
    return fields


def week_fields(polls: Iterable[Poll], calendar: Calendar, policy: Policy, as_of: datetime) -> dict[str, str]:
    """Write the columns of what happened in the last week."""
    at = minute_of(as_of)
    existing, week = existing_polls(polls, at), windows(calendar, policy, at)["last_week"]
    lengths = outages(week, existing, calendar, policy, at)
    return {
        "outages_last_week": "" if lengths is None else str(len(lengths)),
        "longest_outage_last_week": "" if lengths is None else str(max(lengths, default=0)),
        "polls_last_week": str(len([minute for minute in existing if minute in week])),
    }


def last_poll_fields(polls: Iterable[Poll], as_of: datetime) -> dict[str, str]:
    """Write when the newest poll up to as_of (unfloored) was, and what it said; a minute keeps its last poll alone."""
    kept = {minute_of(poll.moment): poll for poll in sorted(polls, key=by_moment)}
    until_now = [poll for poll in kept.values() if poll.moment <= as_of]
    if not until_now:
        return {"last_poll_utc": "", "last_status": ""}
    newest = max(until_now, key=by_moment)
    return {"last_poll_utc": f"{newest.moment:%Y-%m-%dT%H:%M:%S.%fZ}", "last_status": newest.status}


def origin_fields(version: Version, refused: Refused) -> dict[str, str]:
    """Write where the hours and the zone in force come from."""
    return {
        "hours_from": origin(is_given=bool(version.hours), rows_refused=refused.hours, message_refused=refused.message),
        "zone_from": origin(
            is_given=not version.assumes_zone, rows_refused=refused.zones, message_refused=refused.message
        ),
        "calendar_rows_refused": str(refused.hours + refused.zones),
    }


def by_moment(poll: Poll) -> tuple[datetime, bool]:
    """Order polls so that the one that counts comes last: at one moment, inactive."""
    return poll.moment, poll.status == INACTIVE


def in_hours(count: int) -> str:
    """Write minutes as hours."""
    return str(round(count / 60, 2))


def csv_of(header: list[str], rows: Iterable[list[str]]) -> bytes:
    """Write a table, quoted only where it must be."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


# A range


def range_minutes(
    polls: Iterable[Poll], calendar: Calendar, begin: date, end: date, policy: Policy = DEFAULT_POLICY
) -> Minutes:
    """Count one store's minutes from begin up to end, which is T too: UTC moments, or dates in its newest zone."""
    first, at = range_edge(calendar, begin), range_edge(calendar, end)
    return minutes_in(range(first, at), existing_polls(polls, at), calendar, policy, at)


def range_edge(calendar: Calendar, edge: date) -> int:
    """Give the minute of a UTC moment, or the minute in which the store's local date begins."""
    if isinstance(edge, datetime):
        return minute_of(edge)
    return clock_reaches(newest_version(calendar).timezone, datetime.combine(edge, time()))


def range_report(
    polls: Iterable[Row],
    calendars: Mapping[str, Calendar],
    begin: date,
    end: date,
    policy: Policy = DEFAULT_POLICY,
) -> bytes:
    """Give the report of one range; the policy's windows have no say."""
    polls_of = polls_by_store(polls)
    rows = []
    for store_id in known_stores(polls_of, calendars):
        said, calendar = polls_of.get(store_id, set()), calendars.get(store_id, Calendar())
        counted = range_minutes(said, calendar, begin, end, policy)[:3]
        rows.append([store_id, *map(str, counted), *map(in_hours, counted)])
    return csv_of(RANGE_COLUMNS, rows)


# Files


def report_from_files(
    directory: Path,
    as_of: datetime | None = None,
    policy: Policy = DEFAULT_POLICY,
    columns: str = "default",
    policy_name: str = "default",
) -> bytes:
    """Give the report of the CSV files in a directory, each of which may be missing."""
    hours_names = ["menu_hours", "business_hours", "store_hours", "store_business_hours"]
    zone_names = ["timezones", "store_timezones", "timezone"]
    return report(
        read_rows(directory, ["store_status"], ["store_id", "status", "timestamp_utc"]),
        read_rows(directory, hours_names, ["store_id", "day", "start_time_local", "end_time_local"]),
        read_rows(directory, zone_names, ["store_id", "timezone_str"]),
        as_of,
        policy,
        columns,
        policy_name,
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

"""One example of one rule, written so that a shop owner could read it, and what its compact notation stands for.

Every example is about one store. 2023-01-25, the date of most of them, is a Wednesday.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

STORE = "shop"
NOON = "2023-01-25 12:00"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_BEFORE = ("2023-01-18 00:00 active",)  # before any window that ends at noon on the 25th

Message = Mapping[str, Any]
PollRow = tuple[str, str, str]
HoursRow = tuple[str, str, str, str]
ZoneRow = tuple[str, str]

_POLL = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d)(:\d\d(?:\.\d+)?)?( UTC|Z| ?[+-]\d\d(?::?\d\d)?)? (.+)")
_HOURS = re.compile(r"(daily|[^ -]+)(?:-([A-Z][a-z]{2}))? (.+)-(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A rule, the input, and the minutes that it must come to.

    `polls` are "[date ]HH:MM[:SS][offset] status"; without a date it is that of T. `hours` are "day HH:MM-HH:MM", where
    the day is one, a span of weekdays, or `daily`; `zone` may list several rows. With `messages` (None is a tombstone)
    neither counts. `as_of` is T, empty for the newest poll. `span` is a custom range in place of T. `newest_elsewhere`
    is when another store was polled last, which decides what is still kept; `taken_at` when Kafka took the polls.

    `expected` has minutes (up, down[, unknown]) of hour, day or week, or of the `span`; `columns` are fields of the
    extended report, as written; `refused` is the code under which the report is, `rejections` are those of the rows.
    """

    name: str
    rule: str
    why: str
    polls: Sequence[str] = LONG_BEFORE
    hours: Sequence[str] = ()
    zone: str = "UTC"
    messages: Sequence[Message | None] = ()
    as_of: str = NOON
    span: tuple[str, str] | None = None
    policy: str = "default"
    newest_elsewhere: str = ""
    taken_at: str = ""
    expected: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    rejections: Sequence[str] = ()
    is_known: bool = True
    sla_case: str = ""  # the case of Icinga DB's SLA tests that it has in common with them

    @property
    def poll_rows(self) -> list[PollRow]:
        """The polls as rows of store_status.csv."""
        return [poll_row(poll, self.as_of[:10]) for poll in self.polls]

    @property
    def hours_rows(self) -> list[HoursRow]:
        """The hours as rows of menu_hours.csv."""
        return [
            (STORE, str(row["day"]), row["start"], row["end"]) for rule in self.hours for row in hours_records(rule)
        ]

    @property
    def zone_rows(self) -> list[ZoneRow]:
        """The zones as rows of timezones.csv."""
        return [(STORE, name) for name in self.zone.split(", ") if name]


class Subject(NamedTuple):
    """The examples of one subject: a section of the docs."""

    title: str
    intro: str
    examples: Sequence[Example]


def poll_row(poll: str, date: str) -> PollRow:
    """One poll in the compact notation as a row."""
    found = _POLL.fullmatch(poll)
    if found is None:
        raise ValueError(poll)
    own_date, clock, seconds, offset, status = found.groups()
    return STORE, status, f"{own_date or date} {clock}{seconds or ':00'}{offset or ' UTC'}"


def hours_records(rule: str) -> list[dict[str, Any]]:
    """Hours in the compact notation as the rows of a calendar message."""
    found = _HOURS.fullmatch(rule)
    if found is None:
        raise ValueError(rule)
    first, last, start, end = found.groups()
    if first == "daily":
        days: Sequence[int | str] = range(7)
    elif last is not None:
        days = range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)
    else:
        days = [WEEKDAYS.index(first) if first in WEEKDAYS else first]
    return [{"day": day, "start": start, "end": end} for day in days]


def weekly(*rules: str, zone: str = "UTC") -> dict[str, Any]:
    """Zone and hours as they stand in a calendar message, or in a version of one."""
    return {"timezone": zone, "hours": [record for rule in rules for record in hours_records(rule)]}


def version(effective_from: str | None, *rules: str, zone: str = "UTC") -> dict[str, Any]:
    """One version of a calendar message."""
    return {"effective_from": effective_from, **weekly(*rules, zone=zone)}


def on_date(date: str, *hours: str) -> dict[str, Any]:
    """One dated exception of a calendar message; without hours the store is closed."""
    spans = [hour.split("-") for hour in hours]
    return {"date": date, "hours": [{"start": start, "end": end} for start, end in spans]}


def planned(start: str, end: str, date: str = "2023-01-25") -> dict[str, str]:
    """Planned maintenance of a calendar message, UTC on one date."""
    return {"from": f"{date} {_with_seconds(start)}", "to": f"{date} {_with_seconds(end)}"}


def instant(text: str) -> datetime:
    """A UTC time of the notation."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _with_seconds(clock: str) -> str:
    return clock if clock.count(":") > 1 else f"{clock}:00"

"""A store's calendar: its zone and its weekly hours, and how a row of either is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.zones import DEFAULT_ZONE, parse_zone

MINUTES_PER_DAY = 1440
DAYS_PER_WEEK = 7

_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")


class WeeklyHours(NamedTuple):
    """Open from `start` to `end`, minutes from local midnight of `day` (0 = Monday); past 1440 is the next day."""

    day: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StoreCalendar:
    """Zone and weekly hours; several for one day add up. Without any hours the store is open 24x7."""

    zone: str = DEFAULT_ZONE
    hours: tuple[WeeklyHours, ...] = ()


DEFAULT_CALENDAR = StoreCalendar()


def parse_hours(day: str | int, start: str, end: str) -> WeeklyHours | Rejected:
    """One row of business hours. Starts are floored to the minute and ends ceiled; 00:00 as an end is midnight."""
    number = str(day).strip(" ")
    if not (number and start.strip(" ") and end.strip(" ")):
        return Rejected(Reason.MISSING_VALUE, f"day {day!r}, start {start[:32]!r}, end {end[:32]!r}")
    if number not in {"0", "1", "2", "3", "4", "5", "6"}:
        return Rejected(Reason.BAD_DAY, repr(day if isinstance(day, int) else day[:32]))
    start_second, end_second = _second_of_day(start), _second_of_day(end)
    if start_second is None or start_second == MINUTES_PER_DAY * 60 or end_second is None:
        return Rejected(Reason.BAD_HOURS, f"start {start[:32]!r}, end {end[:32]!r}")
    first = start_second // 60
    last = -(-end_second // 60) or MINUTES_PER_DAY
    return WeeklyHours(int(number), first, last if last > first else last + MINUTES_PER_DAY)


def parse_calendar(timezone: str | None, hours: Iterable[tuple[int, str, str]]) -> StoreCalendar | Rejected:
    """A calendar message's fields as a calendar; one bad field refuses it whole. No zone means the default zone."""
    zone = DEFAULT_ZONE if timezone is None else parse_zone(timezone)
    if isinstance(zone, Rejected):
        return zone
    rows: set[WeeklyHours] = set()
    for day, start, end in hours:
        row = parse_hours(day, start, end)
        if isinstance(row, Rejected):
            return row
        rows.add(row)
    return StoreCalendar(zone, tuple(sorted(rows)))


def clock(minute: int) -> str:
    """A start or end of `WeeklyHours` as HH:MM, so that parse_hours gives it back; midnight as an end is 24:00."""
    within = minute if minute <= MINUTES_PER_DAY else minute - MINUTES_PER_DAY
    return f"{within // 60:02}:{within % 60:02}"


def _second_of_day(text: str) -> int | None:
    """Seconds from midnight of HH:MM or HH:MM:SS, 24:00 included; None where it is neither."""
    found = _CLOCK.fullmatch(text.strip(" "))
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    return total if minutes < 60 and seconds < 60 and total <= MINUTES_PER_DAY * 60 else None  # noqa: PLR2004 - a clock's

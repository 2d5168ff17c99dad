"""A store's calendar: its zone and hours, how they change, and how a row of hours is read."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from stream_app.domain.clock_time import CLOSED_DAY, MICROS_PER_DAY, parse_clock, why_unreadable
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.zones import DEFAULT_ZONE

MINUTES_PER_DAY = 1440
DAYS_PER_WEEK = 7

_MICROS_PER_MINUTE = 60_000_000


class DayHours(NamedTuple):
    """Open from `start` to `end`, minutes from local midnight of some day; past 1440 is the next day."""

    start: int
    end: int


class WeeklyHours(NamedTuple):
    """Open from `start` to `end`, minutes from local midnight of `day` (0 = Monday); past 1440 is the next day."""

    day: int
    start: int
    end: int


class CalendarVersion(NamedTuple):
    """The zone and weekly hours that hold from the UTC minute `effective_from` (since the epoch) to the next version.

    Without any hours the store is open 24x7. `assumes_zone` where nobody gave a zone, so that it is the default one.
    """

    effective_from: int
    zone: str = DEFAULT_ZONE
    hours: tuple[WeeklyHours, ...] = ()
    assumes_zone: bool = False


class DatedException(NamedTuple):
    """All the hours that begin on one local date, in place of the weekly ones; none = closed."""

    date: date
    hours: tuple[DayHours, ...] = ()


class Maintenance(NamedTuple):
    """Planned maintenance, start <= UTC minute since the epoch < end: outside business hours whatever the hours say."""

    start: int
    end: int


class VersionInForce(NamedTuple):
    """A version while it is in force, start <= UTC minute since the epoch < end."""

    start: int
    end: int
    zone: str
    hours: tuple[WeeklyHours, ...]
    assumes_zone: bool = False


@dataclass(frozen=True, slots=True)
class StoreCalendar:
    """Zone and weekly hours, several for one day adding up; without any hours the store is open 24x7.

    A plain calendar is these two, for all time. Otherwise they hold until the first of `later_versions`, which stand
    in the order of their distinct `effective_from`. An exception's date is local in the version in force; no two
    exceptions have the same. `assumes_zone` where nobody gave a zone, so that it is the default one.
    """

    zone: str = DEFAULT_ZONE
    hours: tuple[WeeklyHours, ...] = ()
    later_versions: tuple[CalendarVersion, ...] = ()
    exceptions: tuple[DatedException, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    assumes_zone: bool = False

    @property
    def newest_zone(self) -> str:
        """The zone of the last version, in force or yet to come."""
        return self.later_versions[-1].zone if self.later_versions else self.zone

    def zone_at(self, minute: int) -> str:
        """The zone in force at this UTC minute since the epoch."""
        at = bisect_right(self.later_versions, minute, key=lambda version: version.effective_from)
        return self.later_versions[at - 1].zone if at else self.zone

    def version_at(self, minute: int) -> VersionInForce:
        """The version in force in this UTC minute since the epoch, as far as that minute goes."""
        return next(self.versions_between(minute, minute + 1))

    def versions_between(self, first_minute: int, end_minute: int) -> Iterator[VersionInForce]:
        """The versions in force over first_minute <= UTC minute < end_minute, without a gap, in order."""
        if not self.later_versions:
            yield VersionInForce(first_minute, end_minute, self.zone, self.hours, self.assumes_zone)
            return
        versions = [CalendarVersion(first_minute, self.zone, self.hours, self.assumes_zone), *self.later_versions]
        ends = [*(version.effective_from for version in self.later_versions), end_minute]
        for version, until in zip(versions, ends, strict=True):
            start, end = max(version.effective_from, first_minute), min(until, end_minute)
            if start < end:
                yield VersionInForce(start, end, version.zone, version.hours, version.assumes_zone)


DEFAULT_CALENDAR = StoreCalendar(assumes_zone=True)


def parse_hours(day: str | int, start: str, end: str) -> WeeklyHours | Rejected:
    """One row of business hours. Starts are floored to the minute and ends ceiled; 00:00 as an end is midnight."""
    number = str(day).strip(" ")
    shown = repr(day[:32]) if isinstance(day, str) else number[:32]
    if not (number and start.strip(" ") and end.strip(" ")):
        return Rejected(Reason.MISSING_VALUE, f"day {shown}, {_missing(start, end)}")
    if number not in {"0", "1", "2", "3", "4", "5", "6"}:
        return Rejected(Reason.BAD_DAY, shown)
    hours = parse_day_hours(start, end)
    return hours if isinstance(hours, Rejected) else WeeklyHours(int(number), *hours)


def parse_day_hours(start: str, end: str) -> DayHours | Rejected:
    """The same of a day that is known."""
    if not (start.strip(" ") and end.strip(" ")):
        return Rejected(Reason.MISSING_VALUE, _missing(start, end))
    opens, closes = parse_clock(start), parse_clock(end)
    if opens is None or closes is None:
        return Rejected(Reason.BAD_HOURS, why_unreadable(start if opens is None else end))
    if opens == MICROS_PER_DAY:
        return Rejected(Reason.BAD_HOURS, f"{start[:32]!r} can only be an end")
    first = opens // _MICROS_PER_MINUTE
    last = -(-closes // _MICROS_PER_MINUTE) or MINUTES_PER_DAY
    return DayHours(first, last if last > first else last + MINUTES_PER_DAY)


def clock(minute: int) -> str:
    """A start or end of hours as HH:MM, so that parsing gives it back; midnight as an end is 24:00."""
    within = minute if minute <= MINUTES_PER_DAY else minute - MINUTES_PER_DAY
    return f"{within // 60:02}:{within % 60:02}"


def _missing(start: str, end: str) -> str:
    found = f"start {start[:32]!r}, end {end[:32]!r}"
    return found if start.strip(" ") or end.strip(" ") else f"{found}; {CLOSED_DAY}"

"""A store's time in pieces of its own clock: days of a week, hours of a day, each drawn to scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from api.pages import pictures
from api.pages.pictures import Tick
from api.pages.store_rows import in_words
from api.pages.wording import NOTHING, business_time, clock_text, day_text, duration
from stream_app.domain.live_status import Status
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.domain.timeline import StatusRun, minutes_by_status
from stream_app.domain.windows import local_midnight
from stream_app.domain.zones import offset_periods

HOUR = 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes since the epoch, first <= minute < end, under the name that a zoom has in an address."""

    name: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class DrawnSpan:
    """A day or an hour as a row: its picture, and what was lost; `note` says where a day has other than 24 hours."""

    name: str
    title: str
    note: str
    picture: Markup
    up: str
    down: str


def local_days(zone: str, first: int, end: int) -> list[Span]:
    """The store's dates that first <= minute < end has a part of, from midnight to midnight.

    A date that the zone skipped is none.
    """
    day = _local_day(zone, first)
    last = _local_day(zone, end - 1)
    spans = [
        Span(_date(each), local_midnight(zone, each), local_midnight(zone, each + 1)) for each in range(day, last + 1)
    ]
    return [span for span in spans if span.first < span.end]


def local_day(zone: str, day: int) -> Span:
    """One of the store's dates, given in days since the epoch."""
    return Span(_date(day), local_midnight(zone, day), local_midnight(zone, day + 1))


def day_title(day: Span) -> str:
    """The date in words."""
    return day_text((datetime.fromisoformat(day.name).replace(tzinfo=UTC) - _EPOCH).days)


def hours_of(day: Span) -> list[Span]:
    """The hours of a day as they went by: 23 to 25 of them."""
    starts = range(day.first, day.end, HOUR)
    return [Span(f"{day.name}T{number:02}", start, min(start + HOUR, day.end)) for number, start in enumerate(starts)]


def drawn_day(day: Span, runs: Sequence[StatusRun], ticks: Iterable[Tick]) -> DrawnSpan:
    """A day, as far as there are runs in it; the picture is 24 hours wide, or 25 where the day is."""
    length = day.end - day.first
    note = "" if length == MINUTES_PER_DAY else f"{duration(length)} long: the clock changed"
    return _drawn(day, day_title(day), note, runs, ticks, max(day.end, day.first + MINUTES_PER_DAY))


def drawn_hour(hour: Span, zone: str, runs: Sequence[StatusRun], ticks: Iterable[Tick]) -> DrawnSpan:
    """An hour."""
    title = f"{clock_text(hour.first, zone)} to {clock_text(hour.end, zone)}"
    return _drawn(hour, title, "", runs, ticks, hour.end)


def within(runs: Iterable[StatusRun], first: int, end: int) -> list[StatusRun]:
    """The runs' parts in first <= minute < end."""
    return [
        StatusRun(run.status, max(run.start, first), min(run.end, end))
        for run in runs
        if run.start < end and run.end > first
    ]


def parse_date(text: str) -> int | None:
    """Days since the epoch, None for what is no date that can be drawn."""
    try:
        day = (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH).days if len(text) == len("2024-03-10") else -1
    except ValueError:
        return None
    return day if 1 < day < (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH).days else None


def _drawn(
    span: Span, title: str, note: str, runs: Sequence[StatusRun], ticks: Iterable[Tick], until: int
) -> DrawnSpan:
    here = within(runs, span.first, span.end)
    polls = [tick for tick in ticks if span.first <= tick.minute < span.end]
    minutes = minutes_by_status(here)
    said = f"{title}: {in_words(here)}; {len(polls)} polls" if here else f"{title}: not in the window"
    return DrawnSpan(
        span.name,
        title,
        note,
        pictures.day_strip(here, polls, span.first, until, said),
        business_time(minutes[Status.UP]) if minutes[Status.UP] else NOTHING,
        business_time(minutes[Status.DOWN]) if minutes[Status.DOWN] else NOTHING,
    )


def _local_day(zone: str, minute: int) -> int:
    return (minute + offset_periods(zone, minute, minute + 1)[0].offset) // MINUTES_PER_DAY


def _date(day: int) -> str:
    return f"{_EPOCH + timedelta(days=day):%Y-%m-%d}"

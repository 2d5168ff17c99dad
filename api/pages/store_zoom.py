"""A part of a store's past, larger: a day by its hours, or one of its hours."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.as_of import format_minute
from api.pages.pictures import Tick
from api.pages.store_days import DrawnSpan, Span, day_title, drawn_day, drawn_hour, hours_of, local_day, parse_date
from api.pages.wording import Moment, minute_of, moment_of
from api.problems import ProblemError
from api.report_request import CustomRange
from api.store_history import MAX_POLLS, StoreHistory
from api.store_schemas import StorePoll
from stream_app.domain.policy import NamedPolicy
from stream_app.domain.poll import ACTIVE
from stream_app.domain.windows import floor_to_minute


@dataclass(frozen=True, slots=True)
class PollRow:
    """One poll."""

    at: Moment
    status: str


@dataclass(frozen=True, slots=True)
class Zoom:
    """A day with its hours, or an hour; and the polls in it."""

    drawn: DrawnSpan
    day: str
    date: str
    hours: list[DrawnSpan]
    columns: int
    is_hour: bool
    polls: list[PollRow]


def zoomed(history: StoreHistory, named: NamedPolicy, zone: str, name: str) -> Zoom:
    """A date by its hours, or an hour of one; what lies after T is left empty. Raises ProblemError for other names."""
    date, is_hour, _ = name.partition("T")
    number = parse_date(date)
    if number is None:
        raise ProblemError(422, "invalid_request", f"{name[:32]!r} is neither a date nor an hour of one")
    day = local_day(zone, number)
    every_hour = hours_of(day)
    span = next((each for each in every_hour if each.name == name), None) if is_hour else day
    latest = floor_to_minute(history.as_of)
    if span is None or span.first >= min(span.end, latest):
        raise ProblemError(422, "invalid_request", f"{name[:32]!r} does not lie before {format_minute(latest)}")
    return _drawn(history, named, zone, span, day, [] if is_hour else every_hour)


def _drawn(
    history: StoreHistory, named: NamedPolicy, zone: str, span: Span, day: Span, every_hour: Sequence[Span]
) -> Zoom:
    latest = floor_to_minute(history.as_of)
    runs = history.runs(named.policy, span.first, min(span.end, latest))
    polls = history.polls(CustomRange(span.first, min(span.end, latest + 1), is_local=False), MAX_POLLS).polls
    ticks = poll_ticks(polls)
    is_hour = not every_hour
    drawn = drawn_hour(span, zone, runs, ticks) if is_hour else drawn_day(span, runs, ticks)
    return Zoom(
        drawn=drawn,
        day=day.name,
        date=day_title(day),
        hours=[drawn_hour(hour, zone, runs, ticks) for hour in every_hour if hour.first < latest],
        columns=max(24, len(every_hour)),
        is_hour=is_hour,
        polls=[PollRow(moment_of(poll.timestamp_utc, zone), poll.status) for poll in reversed(polls)],
    )


def poll_ticks(polls: Sequence[StorePoll]) -> list[Tick]:
    """The polls as pictures have them."""
    return [Tick(minute_of(poll.timestamp_utc), poll.status == ACTIVE) for poll in polls]

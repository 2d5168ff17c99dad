"""What a store's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from api.judged import policy_windows
from api.pages.assumptions import assumptions
from api.pages.fleet_views import DAYS
from api.pages.freshness import Freshness
from api.pages.links import events_url, store_url
from api.pages.store_days import DrawnSpan, drawn_day, local_days
from api.pages.store_rows import StatusNow, status_now
from api.pages.store_zoom import Zoom, poll_ticks, zoomed
from api.pages.wording import Moment, business_time, count, moment, moment_of, percent
from api.report_request import CustomRange
from api.store_history import MAX_POLLS, StoreHistory
from api.store_hours import store_hours
from api.store_schemas import LiveStore, Outage, StoreHours, WeeklyOpening
from api.stores_now import live_answers
from stream_app.domain.policy import Between, NamedPolicy, WindowKind
from stream_app.domain.report import WINDOWS, hours
from stream_app.domain.windows import WEEK_MINUTES, Window, floor_to_minute

_WINDOW_WORDS = {
    WindowKind.ROLLING: {"hour": "Last 60 minutes", "day": "Last 24 hours", "week": "Last 7 days"},
    WindowKind.CALENDAR: {"hour": "Last full hour", "day": "Last full day", "week": "Last full week"},
}


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """One window: what the report says, and the minutes that it comes from."""

    title: str
    up: str
    down: str
    unknown: str
    business_minutes: str
    up_minutes: str
    down_minutes: str
    unknown_minutes: str
    outages: str | None
    has_unknown: bool
    share: str
    first: Moment
    end: Moment


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One outage in the store's local time; it goes on where it reaches the end of the window."""

    start: Moment
    end: Moment
    lost: str
    goes_on: bool


@dataclass(frozen=True, slots=True)
class OpeningDay:
    """A day of the week and its hours in words."""

    day: str
    hours: str


@dataclass(frozen=True, slots=True)
class Week:
    """The seven days before T, as the pictures and the outages have them."""

    days: list[DrawnSpan]
    outages: list[OutageRow]
    lost: str


@dataclass(frozen=True, slots=True)
class StorePage:
    """One store."""

    store_id: str
    url: str
    fragment_url: str
    events_url: str
    zone: str
    as_of: Moment
    freshness: Freshness
    now: StatusNow
    changes: str
    changes_at: Moment | None
    last_poll: Moment | None
    last_poll_word: str
    figures: list[WindowFigures]
    policy: NamedPolicy
    week: Week | None
    zoom: Zoom | None
    opening: list[OpeningDay]
    assumptions: list[str]
    hours: StoreHours


def store_page(history: StoreHistory, named: NamedPolicy, zoom: str | None, fresh: Freshness) -> StorePage:
    """The store at the history's T; `zoom` names a date, or an hour of one. Raises ProblemError for a bad one."""
    now = live_answers(history.stores, named, history.as_of)[0]
    stores = history.stores
    calendar = store_hours(history.store_id, stores.calendar_of(0), stores.refusals_of(0), history.as_of)
    next_change = now.next_close_local if now.is_open_now else now.next_open_local
    has_minutes = named.policy.between is not Between.POLL_HOURS
    return StorePage(
        store_id=now.store_id,
        url=store_url(now.store_id),
        fragment_url=store_url(now.store_id, part="live", zoom=zoom or ""),
        events_url=events_url(now.store_id),
        zone=now.zone,
        as_of=moment_of(now.as_of, now.zone),
        freshness=fresh,
        now=status_now(now),
        changes="Closes" if now.is_open_now else "Opens",
        changes_at=None if next_change is None else moment_of(next_change, now.zone),
        last_poll=None if now.last_poll is None else moment_of(now.last_poll.timestamp_utc, now.zone),
        last_poll_word="" if now.last_poll is None else now.last_poll.status,
        figures=_figures(history, now, named),
        policy=named,
        week=_week(history, named, now.zone) if has_minutes else None,
        zoom=zoomed(history, named, now.zone, zoom) if zoom and has_minutes else None,
        opening=_opening(calendar.hours),
        assumptions=assumptions(calendar),
        hours=calendar,
    )


def _figures(history: StoreHistory, now: LiveStore, named: NamedPolicy) -> list[WindowFigures]:
    minute = floor_to_minute(history.as_of)
    windows = policy_windows(history.stores, named.policy.windows, minute)
    fields = now.model_dump()
    return [
        _window_figures(
            _WINDOW_WORDS[named.policy.windows][name],
            [fields[f"{side}_last_{name}_minutes"] for side in ("uptime", "downtime", "unknown")],
            window,
            _outage_count(history, named, window),
            now.zone,
            is_in_minutes=name == "hour",
        )
        for name, window in zip(WINDOWS, windows, strict=True)
    ]


def _window_figures(
    title: str, minutes: Sequence[int], window: Window, outages: str | None, zone: str, *, is_in_minutes: bool
) -> WindowFigures:
    up, down, unknown = (f"{each} min" if is_in_minutes else f"{hours(each)} h" for each in minutes)
    first, end = _edges(window)
    return WindowFigures(
        title=title,
        up=up,
        down=down,
        unknown=unknown,
        business_minutes=f"{sum(minutes):,}",
        up_minutes=f"{minutes[0]:,}",
        down_minutes=f"{minutes[1]:,}",
        unknown_minutes=f"{minutes[2]:,}",
        outages=outages,
        has_unknown=minutes[2] > 0,
        share=percent(minutes[0], minutes[1]),
        first=moment(first, zone),
        end=moment(end, zone),
    )


def _outage_count(history: StoreHistory, named: NamedPolicy, window: Window) -> str | None:
    """How many outages the window's minutes down are of; None where the policy gives minutes no status."""
    if named.policy.between is Between.POLL_HOURS:
        return None
    first, end = _edges(window)
    return count(history.outages(named, CustomRange(first, end, is_local=False)).count, "outage")


def _edges(window: Window) -> tuple[int, int]:
    """Of one store: the first minute, and that after the last."""
    first, end = (int(np.max(edge)) for edge in window)
    return first, end


def _week(history: StoreHistory, named: NamedPolicy, zone: str) -> Week:
    end = floor_to_minute(history.as_of)
    first = end - WEEK_MINUTES
    runs = history.runs(named.policy, first, end)
    ticks = poll_ticks(history.polls(None, MAX_POLLS).polls)
    found = history.outages(named, None)
    return Week(
        [drawn_day(day, runs, ticks) for day in reversed(local_days(zone, first, end))],
        [_outage(outage, zone, found.end) for outage in reversed(found.outages)],
        business_time(found.minutes_lost),
    )


def _outage(outage: Outage, zone: str, window_end: str) -> OutageRow:
    start, end = moment_of(outage.start, zone), moment_of(outage.end, zone)
    return OutageRow(start, end, business_time(outage.minutes_lost), goes_on=outage.end == window_end)


def _opening(weekly: Sequence[WeeklyOpening]) -> list[OpeningDay]:
    """Monday to Sunday; no hours at all is open around the clock."""
    if not weekly:
        return [OpeningDay("Every day", "open around the clock")]
    return [
        OpeningDay(
            name, ", ".join(f"{each.start}\N{EN DASH}{each.end}" for each in weekly if each.day == day) or "closed"
        )
        for day, name in enumerate(DAYS)
    ]

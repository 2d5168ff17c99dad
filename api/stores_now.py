"""Stores as they are at one instant: columns first, then an answer a store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from api.as_of import format_minute
from api.judged import judged_by, policy_windows
from api.store_schemas import LastPoll, LiveStore
from api.stored_stores import StoredStores
from stream_app.domain import runs
from stream_app.domain.figures import Figures
from stream_app.domain.fleet import buckets_until
from stream_app.domain.instant import format_instant
from stream_app.domain.live_status import NO_MINUTE, STATUSES, next_after, since, statuses_at
from stream_app.domain.policy import NamedPolicy, Policy
from stream_app.domain.report import WINDOWS
from stream_app.domain.runs import AXIS, Minutes
from stream_app.domain.status_runs import StatusRuns, status_runs
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.domain.store_state import NO_POLL, Observations, last_observations, seen_until
from stream_app.domain.windows import floor_to_minute
from stream_app.domain.zones import load_zone

LOOK_BACK_DAYS = 30
LOOK_AHEAD_DAYS = 35

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY = 2_932_895  # 9999-12-30: local time has to stay before the year 10000


@dataclass(frozen=True, slots=True)
class StoresNow:
    """n stores at one instant: statuses as numbers, minutes since the epoch or NO_MINUTE, observations or NO_POLL."""

    status: NDArray[np.uint8]
    is_open: NDArray[np.bool_]
    since: Minutes
    next_open: Minutes
    next_close: Minutes
    last_poll: Observations
    zones: list[str]
    figures: Figures


def stores_now(stores: StoredStores, policy: Policy, as_of: int) -> StoresNow:
    """The stores at `as_of` (microseconds); raises AsOfNotRetainedError."""
    count, minute = len(stores), floor_to_minute(as_of)
    figures = judged_by(stores, policy, policy_windows(stores, policy.windows, minute), np.full(count, minute)).figures
    day = minute // MINUTES_PER_DAY
    first_day, end_day = max(day - LOOK_BACK_DAYS, 0), min(day + 1 + LOOK_AHEAD_DAYS, _LAST_DAY)
    first, end = max(first_day * MINUTES_PER_DAY, stores.retained_from or 0), end_day * MINUTES_PER_DAY
    is_open = stores.open_days(first_day, end_day)
    now_open = runs.contains(is_open, np.arange(count) * AXIS + minute)
    last, said = _said(stores, policy, as_of, first)
    return StoresNow(
        statuses_at(last, now_open, policy, minute),
        now_open,
        since(said, is_open, now_open, first, minute),
        next_after(is_open.start, count, minute, end),
        next_after(is_open.end, count, minute, end),
        last,
        stores.zones_at(minute),
        figures,
    )


def _said(stores: StoredStores, policy: Policy, as_of: int, first: int) -> tuple[Observations, StatusRuns]:
    """Each store's last poll so far, and what the polls so far say of first <= minute <= T's minute.

    Stored buckets say it too, as far as a store is open, and are at hand already; but not of a minute with polls that
    came after T.
    """
    end, last = floor_to_minute(as_of) + 1, stores.known.last
    if policy.is_stored and not (last >> 1 > as_of).any():
        buckets = buckets_until(stores.known, stores.calendar_of, first, end)
        return last, StatusRuns(buckets.up, buckets.down)
    seen = seen_until(stores.states, as_of)
    return last_observations(seen), status_runs(seen, policy, first, np.full(len(stores), end))


def live_answers(stores: StoredStores, named: NamedPolicy, as_of: int) -> list[LiveStore]:
    """An answer for each of the stores, in their order; raises AsOfNotRetainedError."""
    now = stores_now(stores, named.policy, as_of)
    figures = figure_fields(now.figures)
    return [
        LiveStore(
            store_id=store_id.decode(),
            status=STATUSES[now.status[row]].value,
            since=None if now.since[row] == NO_MINUTE else format_minute(int(now.since[row])),
            is_open_now=bool(now.is_open[row]),
            next_open_local=_local(int(now.next_open[row]), stores.calendar_of(row).zone_at),
            next_close_local=_local(int(now.next_close[row]), stores.calendar_of(row).zone_at),
            last_poll=last_poll(int(now.last_poll[row]), as_of),
            as_of=format_instant(as_of),
            policy=named.name,
            zone=now.zones[row],
            **{name: minutes[row] for name, minutes in figures.items()},
        )
        for row, store_id in enumerate(stores.ids)
    ]


def figure_fields(figures: Figures) -> dict[str, list[int]]:
    """The minutes of each side and window under the names that answers have."""
    sides = {"uptime": figures.up, "downtime": figures.down, "unknown": figures.unknown}
    return {
        f"{side}_last_{window}_minutes": minutes.tolist()
        for side, columns in sides.items()
        for window, minutes in zip(WINDOWS, columns, strict=True)
    }


def last_poll(observation: int, as_of: int) -> LastPoll | None:
    """An observation and its age at `as_of` (microseconds), None for NO_POLL."""
    if observation == NO_POLL:
        return None
    instant = observation >> 1
    return LastPoll(
        status=poll_status(observation),
        timestamp_utc=format_instant(instant),
        age_seconds=(as_of - instant) / 1_000_000,
    )


def poll_status(observation: int) -> Literal["active", "inactive"]:
    """What a poll said."""
    return "inactive" if observation & 1 else "active"


def _local(minute: int, zone_at: Callable[[int], str]) -> str | None:
    """ISO 8601 on the store's own clock, by the zone that will be in force then."""
    if minute == NO_MINUTE:
        return None
    return (_EPOCH + timedelta(minutes=minute)).astimezone(load_zone(zone_at(minute))).isoformat()

"""Live answers about the fleet: lists of stores and the summary, from one snapshot each."""

import asyncio
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from api.fleet_schemas import FleetLag, FleetNow, FleetState, FleetSummary, HourOfWeek, StorePage
from api.fleet_snapshot import FleetSnapshot
from api.fleet_snapshots import FleetSnapshots, NamedSnapshot
from api.health import Health
from api.problems import ProblemError
from api.schemas import PartitionLag
from api.store_page import Cursor, Filter, Sort, fingerprint, page_rows, parse_cursor, rows_chosen
from api.store_schemas import StoreFigures
from stream_app.domain.instant import format_instant
from stream_app.domain.live_status import STATUSES
from stream_app.domain.policy import NamedPolicy
from stream_app.domain.report import WINDOWS

WORST = 10


class Fleet:
    """Answers about all stores; they raise what FleetSnapshots.current raises."""

    def __init__(self, snapshots: FleetSnapshots, health: Health) -> None:
        self._snapshots = snapshots
        self._health = health
        self._states: WeakKeyDictionary[NamedSnapshot, FleetState] = WeakKeyDictionary()

    async def page(
        self, chosen: Filter, named: NamedPolicy, as_of: int | None, cursor: str | None, limit: int
    ) -> StorePage:
        """The first stores at `as_of`, or those where a page before ended, at the time of its snapshot.

        Raises ProblemError also for a cursor (410 its snapshot is gone, 422 it isn't one or is another list's).
        """
        asked = fingerprint(chosen, named.name)
        if cursor is None:
            return await asyncio.to_thread(_page, await self._snapshots.current(named, as_of), chosen, asked, 0, limit)
        given = parse_cursor(cursor)
        if given.asked != asked:
            message = "the cursor belongs to another q, status, zone, sort or policy: repeat those it began with"
            raise ProblemError(422, "bad_cursor", message)
        found = self._snapshots.find(given.snapshot)
        if found is None:
            message = "the snapshot that the cursor names is no longer kept: begin again without a cursor"
            raise ProblemError(410, "snapshot_gone", message)
        return await asyncio.to_thread(_page, found, chosen, asked, given.start, limit)

    async def summary(self, named: NamedPolicy, as_of: int | None) -> FleetSummary:
        """How the fleet is, and how far the tables are behind."""
        found = await self._snapshots.current(named, as_of)
        state = self._states.get(found)
        if state is None:  # pages ask again and again, and the worst of a million stores take a while to find
            state = self._states[found] = await asyncio.to_thread(_state, found.snapshot)
        return FleetSummary(lag=_lag((await self._health.readiness()).partitions), **dict(state))


def _page(found: NamedSnapshot, chosen: Filter, asked: int, start: int, limit: int) -> StorePage:
    snapshot = found.snapshot
    rows = rows_chosen(snapshot, chosen)
    end = start + limit
    return StorePage(
        as_of=format_instant(snapshot.as_of),
        policy=snapshot.named.name,
        snapshot=found.name,
        total=len(rows),
        stores=page_rows(snapshot, rows[start:end]),
        next_cursor=str(Cursor(found.name, end, asked)) if end < len(rows) else None,
    )


def _state(snapshot: FleetSnapshot) -> FleetState:
    return FleetState(
        as_of=format_instant(snapshot.as_of),
        first_poll=None if snapshot.poll_range is None else format_instant(snapshot.poll_range[0] >> 1),
        last_poll=None if snapshot.poll_range is None else format_instant(snapshot.poll_range[1] >> 1),
        policy=snapshot.named.name,
        stores=len(snapshot),
        now=FleetNow(**{str(status): int((snapshot.status == at).sum()) for at, status in enumerate(STATUSES)}),
        minutes=_minutes(snapshot),
        zones=list(snapshot.zones),
        uptime_by_hour_of_week=_hours(snapshot),
        worst=page_rows(snapshot, _worst(snapshot)),
    )


def _lag(partitions: list[PartitionLag]) -> FleetLag:
    records = [each.lag for each in partitions if each.lag is not None]
    is_known = records and len(records) == len(partitions)
    return FleetLag(records=sum(records) if is_known else None, partitions=partitions)


def _minutes(snapshot: FleetSnapshot) -> StoreFigures:
    sides = {"uptime": snapshot.up, "downtime": snapshot.down}
    return StoreFigures(
        **{
            f"{side}_last_{window}_minutes": int(minutes[:, at].sum(dtype=np.int64))
            for side, minutes in sides.items()
            for at, window in enumerate(WINDOWS)
        }
    )


def _worst(snapshot: FleetSnapshot) -> NDArray[np.int64]:
    rows = rows_chosen(snapshot, Filter(sort=Sort.DOWNTIME_LAST_WEEK))[:WORST]
    has_downtime: NDArray[np.bool_] = snapshot.down[rows, -1] > 0
    return rows[has_downtime]


def _hours(snapshot: FleetSnapshot) -> list[HourOfWeek] | None:
    hours = snapshot.hours_of_week
    if hours is None:
        return None
    return [
        HourOfWeek(
            day=at // 24,
            hour=at % 24,
            up_minutes=up,
            down_minutes=down,
            uptime_percent=round(100 * up / (up + down), 2) if up + down else None,
        )
        for at, (up, down) in enumerate(zip(hours.up.tolist(), hours.down.tolist(), strict=True))
    ]

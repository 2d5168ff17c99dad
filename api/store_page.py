"""A page of the fleet: which stores, in what order, and where the next page begins."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from api.fleet_schemas import StoreRow
from api.fleet_snapshot import FleetSnapshot
from api.problems import ProblemError
from api.store_schemas import StatusName
from api.stores_now import last_poll
from stream_app.domain.live_status import STATUSES, Status
from stream_app.domain.report import WINDOWS

MAX_PAGE = 1000

_WORST_FIRST = (Status.DOWN, Status.UNKNOWN, Status.UP, Status.CLOSED)


class Sort(StrEnum):
    """The order of a list: the id's bytes, or the worst first: trouble, silence, least share up, most minutes down."""

    ID = "id"
    STATUS = "status"
    ZONE = "zone"
    LAST_POLL = "last_poll"
    UPTIME_LAST_HOUR = "uptime_last_hour"
    UPTIME_LAST_DAY = "uptime_last_day"
    UPTIME_LAST_WEEK = "uptime_last_week"
    DOWNTIME_LAST_HOUR = "downtime_last_hour"
    DOWNTIME_LAST_DAY = "downtime_last_day"
    DOWNTIME_LAST_WEEK = "downtime_last_week"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which stores, in which order; `q` is a part of the id, None is any."""

    q: str | None = None
    status: StatusName | None = None
    zone: str | None = None
    sort: Sort = Sort.ID
    is_reversed: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: a snapshot's name, a place in the filtered order, and what tells one filter from another."""

    snapshot: str
    start: int
    asked: int

    def __str__(self) -> str:
        """As the caller gets it; the name itself may hold - and _, but no dot."""
        return f"{self.snapshot}.{self.start}.{self.asked}"


def parse_cursor(text: str) -> Cursor:
    """The cursor that was given out; raises ProblemError."""
    match text.split("."):
        case [snapshot, start, asked] if _is_number(start) and _is_number(asked):
            return Cursor(snapshot, int(start), int(asked))
    raise ProblemError(422, "bad_cursor", f"the cursor {text[:64]!r} is none that was given out")


def fingerprint(chosen: Filter, policy: str) -> int:
    """A number that another filter or policy hardly shares: a cursor goes on with what it began with."""
    return crc32(json.dumps([asdict(chosen), policy]).encode())


def rows_chosen(snapshot: FleetSnapshot, chosen: Filter) -> NDArray[np.int64]:
    """The rows of the snapshot that the filter lets through, in its order; of equals the lesser id comes first."""
    passes = np.ones(len(snapshot), bool)
    if chosen.status is not None:
        passes &= snapshot.status == STATUSES.index(Status(chosen.status))
    if chosen.zone is not None:
        passes &= snapshot.zone == (snapshot.zones.index(chosen.zone) if chosen.zone in snapshot.zones else -1)
    if chosen.q:
        passes &= snapshot.ids.with_part(chosen.q)
    rows = np.flatnonzero(passes)
    if chosen.sort is not Sort.ID:
        rows = rows[np.argsort(_badness(snapshot, chosen.sort)[rows], kind="stable")]
    return rows[::-1] if chosen.is_reversed else rows


def page_rows(snapshot: FleetSnapshot, rows: NDArray[np.int64]) -> list[StoreRow]:
    """An answer for each of these rows."""
    return [
        StoreRow(
            store_id=snapshot.ids[row],
            status=STATUSES[snapshot.status[row]].value,
            zone=snapshot.zones[snapshot.zone[row]],
            last_poll=last_poll(int(snapshot.last_poll[row]), snapshot.as_of),
            **{
                f"{side}_last_{window}_minutes": int(minutes[row, at])
                for side, minutes in (("uptime", snapshot.up), ("downtime", snapshot.down))
                for at, window in enumerate(WINDOWS)
            },
        )
        for row in rows.tolist()
    ]


def _badness(snapshot: FleetSnapshot, sort: Sort) -> NDArray[np.float64] | NDArray[np.int64]:
    """What sorts the worst first; a store without a known minute has no share up, and comes last."""
    if sort is Sort.STATUS:
        return np.array([_WORST_FIRST.index(status) for status in STATUSES])[snapshot.status]
    if sort is Sort.ZONE:
        return snapshot.zone.astype(np.int64)
    if sort is Sort.LAST_POLL:
        return snapshot.last_poll
    side, _, window = sort.value.partition("_last_")
    at = WINDOWS.index(window)
    up, down = snapshot.up[:, at].astype(np.float64), snapshot.down[:, at].astype(np.float64)
    if side == "downtime":
        return -down
    known = up + down
    return np.where(known > 0, up / np.maximum(known, 1), np.inf)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12  # noqa: PLR2004 - more than any fleet has

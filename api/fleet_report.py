"""The fleet's report from what the tables hold: no file, no process, no clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from api.as_of import check_begin
from api.report_request import Columns, CustomRange, ReportRequest
from api.snapshots import PartitionContent
from api.stored_stores import StoredStores
from stream_app.codec import store_values
from stream_app.domain.figures import Figures, bucket_figures, outages, poll_hour_figures
from stream_app.domain.fleet import buckets_until, derived_buckets
from stream_app.domain.policy import Between, NamedPolicy, Policy, WindowKind, parse_policy
from stream_app.domain.report import Cell, Table, default_columns, extended_columns, range_columns
from stream_app.domain.runs import Minutes
from stream_app.domain.status_runs import existing_polls
from stream_app.domain.store_state import Buckets, newest_until
from stream_app.domain.windows import Window, Windows, begin_of, floor_to_minute, local_midnight, windows_of


def fleet_report(
    contents: Sequence[PartitionContent],
    request: ReportRequest,
    as_of: int,
    tell: Callable[[float], None] = lambda _: None,
) -> Table:
    """Every store known from polls or a calendar, ordered by the bytes of its id, with the columns asked for.

    `as_of` is in microseconds; `tell` is told the share of the stores that are counted, from 0 to 1.
    Raises AsOfNotRetainedError where a window begins before what a partition keeps.
    """
    parts = [
        StoredStores(content.ids, content.values, content.calendars, content.meta.retained_from) for content in contents
    ]
    ids = list(chain.from_iterable(part.ids for part in parts))
    tables: list[dict[str, list[Cell]]] = []
    counted = 0
    for part in parts:
        tables.append(_columns_of(part, request, as_of))
        counted += len(part)
        tell(counted / max(len(ids), 1))
    order = sorted(range(len(ids)), key=ids.__getitem__)
    merged: dict[str, list[Cell]] = {"store_id": [ids[row].decode() for row in order]}
    for name in tables[0]:
        cells = list(chain.from_iterable(columns[name] for columns in tables))
        merged[name] = [cells[row] for row in order]
    return merged


def retained_polls(content: PartitionContent) -> int:
    """How many polls are kept, at most one a store and minute, the newest before the retained range not counted."""
    return int(store_values.decode_buckets(content.values).polls.sum())


def _columns_of(stores: StoredStores, request: ReportRequest, as_of: int) -> dict[str, list[Cell]]:
    named = parse_policy(request.policy)
    if request.range is not None:
        window = _window_of(stores, request.range)
        until = np.broadcast_to(window.end, len(stores)).astype(np.int64)
        (up,), (down,), (unknown,) = _judged(stores, named.policy, [window], until).figures.sides
        return range_columns(up, down, unknown)
    minute = floor_to_minute(as_of)
    kind = request.windows or named.policy.windows
    windows = windows_of(kind, minute, stores.zones_at(minute) if kind is WindowKind.CALENDAR else ())
    judged = _judged(stores, named.policy, windows, np.full(len(stores), minute))
    if request.columns is Columns.DEFAULT:
        return default_columns(judged.figures)
    return _extended(stores, named, judged, windows, as_of)


@dataclass(frozen=True, slots=True)
class _Judged:
    """The figures, and what they were counted from: no buckets where the policy gives minutes no status."""

    figures: Figures
    buckets: Buckets | None


def _judged(stores: StoredStores, policy: Policy, windows: Sequence[Window], until: Minutes) -> _Judged:
    """The stores' minutes by the policy, over windows that all end at or before `until` (int64, one a store)."""
    count, first, end = len(stores), begin_of(windows), int(until.max(initial=0))
    check_begin(first, stores.retained_from)
    if policy.is_stored:
        buckets = buckets_until(stores.known, stores.calendar_of, first, end)
        return _Judged(bucket_figures(buckets, None, windows, count), buckets)
    is_open = stores.is_open(first, end)
    if policy.between is Between.POLL_HOURS:
        polls = existing_polls(stores.states, until)
        return _Judged(poll_hour_figures(polls, is_open, windows, count), None)
    buckets = derived_buckets(stores.states, is_open, policy, first, until)
    return _Judged(bucket_figures(buckets, is_open, windows, count), buckets)


def _extended(
    stores: StoredStores, named: NamedPolicy, judged: _Judged, windows: Windows, as_of: int
) -> dict[str, list[Cell]]:
    minute, week = floor_to_minute(as_of), windows.week
    is_open = stores.is_open(begin_of([week]), minute)
    polls = existing_polls(stores.states, np.full(len(stores), minute))
    first, end = (np.broadcast_to(edge, len(stores))[polls.row] for edge in week)
    return extended_columns(
        judged.figures,
        None if judged.buckets is None else outages(judged.buckets.down, is_open, week, len(stores)),
        newest_until(stores.states, as_of),
        stores.zones_at(minute),
        np.bincount(polls.row[(polls.minute >= first) & (polls.minute < end)], minlength=len(stores)),
        named.name,
    )


def _window_of(stores: StoredStores, given: CustomRange) -> Window:
    """The range as minutes: of dates, from midnight to midnight in each store's newest zone."""
    if not given.is_local:
        return Window(given.first, given.end)
    zones = [calendar.newest_zone for calendar in stores.calendars]
    edges = [(local_midnight(zone, given.first), local_midnight(zone, given.end)) for zone in zones]
    first, end = np.array(edges, np.int64).reshape(-1, 2).T
    return Window(first, end)

"""The fleet's report from what the tables hold: no file, no process, no clock."""

from collections.abc import Iterable
from itertools import chain

import numpy as np

from api.judged import Judged, judged_by, policy_windows
from api.partition_content import PartitionContent
from api.report_request import Columns, ReportRequest
from api.store_window import window_of
from api.stored_stores import StoredStores
from stream_app.domain.figures import outages
from stream_app.domain.policy import NamedPolicy, parse_policy
from stream_app.domain.report import Cell, Table, default_columns, extended_columns, range_columns
from stream_app.domain.status_runs import existing_polls
from stream_app.domain.store_state import newest_until
from stream_app.domain.windows import Windows, begin_of, floor_to_minute


def fleet_report(contents: Iterable[PartitionContent], request: ReportRequest, as_of: int) -> Table:
    """Every store known from polls or a calendar, ordered by the bytes of its id, with the columns asked for.

    `contents` are partitions or slices of them, of which one at a time is held; `as_of` is in microseconds.
    Raises AsOfNotRetainedError where a window begins before what a partition keeps.
    """
    ids: list[bytes] = []
    tables: list[dict[str, list[Cell]]] = []
    for content in contents:
        stores = StoredStores(content)
        ids += stores.ids
        tables.append(_columns_of(stores, request, as_of))
    order = sorted(range(len(ids)), key=ids.__getitem__)
    merged: dict[str, list[Cell]] = {"store_id": [ids[row].decode() for row in order]}
    for name in tables[0]:
        cells = list(chain.from_iterable(columns[name] for columns in tables))
        merged[name] = [cells[row] for row in order]
    return merged


def _columns_of(stores: StoredStores, request: ReportRequest, as_of: int) -> dict[str, list[Cell]]:
    named = parse_policy(request.policy)
    if request.range is not None:
        window = window_of(stores, request.range)
        until = np.broadcast_to(window.end, len(stores)).astype(np.int64)
        (up,), (down,), (unknown,) = judged_by(stores, named.policy, [window], until).figures.sides
        return range_columns(up, down, unknown)
    minute = floor_to_minute(as_of)
    windows = policy_windows(stores, request.windows or named.policy.windows, minute)
    judged = judged_by(stores, named.policy, windows, np.full(len(stores), minute))
    if request.columns is Columns.DEFAULT:
        return default_columns(judged.figures)
    return _extended(stores, named, judged, windows, as_of)


def _extended(
    stores: StoredStores, named: NamedPolicy, judged: Judged, windows: Windows, as_of: int
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
        stores.origins_at(minute),
    )

"""The fleet's report from what the tables hold: no file, no process, no clock."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from api.snapshots import PartitionContent
from stream_app.codec import table
from stream_app.domain import fleet
from stream_app.domain.fleet import KnownStores
from stream_app.domain.report import Figures
from stream_app.domain.runs import Minutes
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar
from stream_app.domain.windows import Windows


def fleet_report(contents: Sequence[PartitionContent], windows: Windows) -> tuple[list[str], Figures]:
    """Every store known from polls or a calendar, ordered by the bytes of its id, and its figures in that order."""
    parts = [_of_partition(content, windows) for content in contents]
    ids = list(chain.from_iterable(of_partition for of_partition, _ in parts))
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)

    def merged(side: Callable[[Figures], tuple[Minutes, Minutes, Minutes]]) -> tuple[Minutes, Minutes, Minutes]:
        by_window = zip(*(side(figures) for _, figures in parts), strict=True)
        hour, day, week = (np.concatenate(columns)[order] for columns in by_window)
        return hour, day, week

    figures = Figures(merged(lambda of: of.up), merged(lambda of: of.down))
    return [ids[row].decode() for row in order.tolist()], figures


def retained_polls(content: PartitionContent) -> int:
    """How many polls are kept, at most one a store and minute, the newest before the retained range not counted."""
    return int(table.decode_buckets(content.values).polls.sum())


def _of_partition(content: PartitionContent, windows: Windows) -> tuple[list[bytes], Figures]:
    stored = table.decode_buckets(content.values)
    unpolled = sorted(content.calendars.keys() - set(content.ids))
    ids = content.ids + unpolled
    stores = fleet.joined(KnownStores(stored.buckets, stored.end, stored.last), fleet.without_polls(len(unpolled)))
    return ids, fleet.fleet_figures(stores, lambda row: _calendar(content.calendars, ids[row]), windows)


def _calendar(calendars: Mapping[bytes, bytes], store_id: bytes) -> StoreCalendar:
    value = calendars.get(store_id)
    return DEFAULT_CALENDAR if value is None else _decoded_calendar(value)


@lru_cache(maxsize=1 << 16)
def _decoded_calendar(value: bytes) -> StoreCalendar:
    """Stores share calendars, and the next report finds the same ones."""
    return table.decode_calendar(value)

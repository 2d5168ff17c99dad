"""The worker's tables without the worker: real RocksDB databases, written in checkpoints through the real codec."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from rocksdict import Options, Rdict, WriteBatch

from stream_app.codec import store_values, table
from stream_app.codec.refusals import PREFIX as REFUSALS_PREFIX
from stream_app.codec.refusals import encode_refusals, refusals_key
from stream_app.codec.table import PartitionMeta
from stream_app.domain import store_state
from stream_app.domain.business_hours import open_runs
from stream_app.domain.partitions import partition_of
from stream_app.domain.poll import PollColumns, parse_polls
from stream_app.domain.refusals import Refusals
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar, WeeklyHours, parse_hours
from stream_app.domain.store_id import parse_store_id
from stream_app.domain.zones import DEFAULT_ZONE, parse_zone
from tests.support.strategies import HoursRow, PollRow, ZoneRow

RETENTION_DAYS = 16

Items = dict[bytes, bytes]


def valid_polls(rows: Iterable[PollRow]) -> PollColumns:
    """Rows as the files have them; those that break a rule are left out."""
    ids, statuses, times = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), ())
    return parse_polls(ids, statuses, times)


def calendars_of(hours_rows: Iterable[HoursRow], zone_rows: Iterable[ZoneRow]) -> dict[str, StoreCalendar]:
    """The calendar of each store that a valid row names."""
    zones: dict[str, str] = {}
    hours: dict[str, set[WeeklyHours]] = {}
    for text, zone_text in zone_rows:
        store_id, zone = parse_store_id(text), parse_zone(zone_text)
        if isinstance(store_id, str) and isinstance(zone, str):
            zones[store_id] = zone
    for text, day, start, end in hours_rows:
        store_id, rule = parse_store_id(text), parse_hours(day, start, end)
        if isinstance(store_id, str) and isinstance(rule, WeeklyHours):
            hours.setdefault(store_id, set()).add(rule)
    return {
        store_id: StoreCalendar(
            zones.get(store_id, DEFAULT_ZONE),
            tuple(sorted(hours.get(store_id, ()))),
            assumes_zone=store_id not in zones,
        )
        for store_id in zones.keys() | hours.keys()
    }


def refusals_of(hours_rows: Iterable[HoursRow], zone_rows: Iterable[ZoneRow]) -> dict[str, Refusals]:
    """What is refused of the calendar of each store that a row names."""
    hours = Counter(
        store_id
        for text, *row in hours_rows
        if isinstance(store_id := parse_store_id(text), str) and isinstance(parse_hours(*row), Rejected)
    )
    zones = Counter(
        store_id
        for text, name in zone_rows
        if isinstance(store_id := parse_store_id(text), str) and isinstance(parse_zone(name), Rejected)
    )
    return {store_id: Refusals(hours[store_id], zones[store_id]) for store_id in hours | zones}


def store_items(polls: PollColumns, calendars: Mapping[str, StoreCalendar], stream_time: int | None = None) -> Items:
    """The value of each polled store under the range of `stream_time`, by default that of the newest of these polls."""
    if not polls.store_ids:
        return {}
    newest = int(polls.observations.max()) >> 1
    retained = store_state.retained_range(newest if stream_time is None else stream_time, RETENTION_DAYS)
    row_of = {store_id: row for row, store_id in enumerate(dict.fromkeys(polls.store_ids))}
    rows = np.array([row_of[store_id] for store_id in polls.store_ids])
    states = store_state.fold(store_state.no_polls(len(row_of), retained), rows, polls.observations)
    is_open = open_runs([calendars.get(store_id, DEFAULT_CALENDAR) for store_id in row_of], *retained)
    buckets = store_state.buckets(store_state.active_runs(states, retained.end), is_open)
    return dict(
        zip([store_id.encode() for store_id in row_of], store_values.encode_states(states, buckets), strict=True)
    )


def calendar_items(calendars: Mapping[str, StoreCalendar]) -> Items:
    """The keys that hold calendars."""
    return {table.calendar_key(store_id): table.encode_calendar(calendar) for store_id, calendar in calendars.items()}


def refusal_items(refusals: Mapping[str, Refusals]) -> Items:
    """The keys that hold refusals."""
    return {refusals_key(store_id): encode_refusals(refused) for store_id, refused in refusals.items()}


def meta_of(stream_time: int | None, positions: Mapping[str, int] | None = None) -> PartitionMeta:
    """The meta that a worker writes at this stream time."""
    if stream_time is None:
        return PartitionMeta(dict(positions or {}))
    retained = store_state.retained_range(stream_time, RETENTION_DAYS)
    return PartitionMeta(dict(positions or {}), stream_time, retained.first)


class PrimaryTable:
    """One partition's database, open for writing as the worker has it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = Rdict(str(path), Options(raw_mode=True))

    def checkpoint(self, items: Items, meta: PartitionMeta, changelog_offset: int = 7) -> None:
        """One write batch, meta and offset included."""
        offset = b"%d" % changelog_offset
        batch = WriteBatch(raw_mode=True)
        for key, value in {**items, table.META_KEY: table.encode_meta(meta), table.FAUST_OFFSET_KEY: offset}.items():
            batch.put(key, value)
        self._database.write(batch)

    def put(self, key: bytes, value: bytes) -> None:
        """One value that no checkpoint would write."""
        self._database.put(key, value)

    def flush(self) -> None:
        """Put what was written into a table file."""
        self._database.flush()

    def close(self) -> None:
        """Let go of it."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Tables:
    """The databases of every partition, with a fleet spread over them."""

    def __init__(self, folder: Path, partitions: int) -> None:
        self._folder = folder
        self._partitions = partitions

    def path(self, partition: int) -> Path:
        """Where a partition's database is, as the settings say it."""
        return self._folder / f"store-state-{partition}.db"

    def write(
        self,
        polls: Iterable[PollRow] = (),
        hours: Iterable[HoursRow] = (),
        zones: Iterable[ZoneRow] = (),
        *,
        only: Iterable[int] | None = None,
        positions: Mapping[str, int] | None = None,
        changelog_offset: int = 7,
    ) -> None:
        """One checkpoint in each partition, or in those of `only`, with the stores that belong there."""
        columns, calendars = valid_polls(polls), calendars_of(hours, zones)
        stream_time = int(columns.observations.max()) >> 1 if columns.store_ids else None
        refused = refusal_items(refusals_of(hours, zones))
        items = {**store_items(columns, calendars), **calendar_items(calendars), **refused}
        for partition in range(self._partitions) if only is None else only:
            here = {key: value for key, value in items.items() if self._home(key) == partition}
            has_polls = any(table.is_store_key(key) for key in here)
            with PrimaryTable(self.path(partition)) as primary:
                primary.checkpoint(here, meta_of(stream_time if has_polls else None, positions), changelog_offset)

    def _home(self, key: bytes) -> int:
        store_id = key.removeprefix(table.CALENDAR_PREFIX).removeprefix(REFUSALS_PREFIX)
        return partition_of(store_id, self._partitions)

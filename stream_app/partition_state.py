"""A partition's state: what its database holds, and what has been decoded since the last checkpoint.

Nothing is written here. `take_changes` folds what is pending into the values of the stores it touches and hands out
what a checkpoint writes; checkpoint.py applies it, and then says so by `keep`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stream_app.changelog import TableItem
from stream_app.codec import records, refusals, store_values, table
from stream_app.database import Database
from stream_app.domain import status_changes, store_state
from stream_app.domain.business_hours import open_runs
from stream_app.domain.poll import PollColumns
from stream_app.domain.refusals import NOTHING_REFUSED, Refusals
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar
from stream_app.pending import Batch, Pending
from stream_app.state_cache import StateCache
from stream_app.topic_ids import TopicIds
from stream_app.underived import Underived

DERIVED_AT_ONCE = 1_000  # stores whose buckets one checkpoint makes up for: some 40 ms in which nothing else happens


@dataclass(frozen=True, slots=True)
class PartitionOptions:
    """What a partition's state depends on beside its records; `changelog` is the topic that its database mirrors.

    `topic_ids` are Kafka's own ids of it and of the source topics, as far as Kafka tells any.
    """

    partition: int
    partitions: int
    changelog: str
    retention_days: int
    cache_bytes: int
    topic_ids: TopicIds = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What one checkpoint writes: table items (a value of None deletes), status changes, and counts for the log.

    `superseded` polls lay before the retained range and changed nothing; `late` ones were older than what was known of
    their store, and changed what was said of the time after them.
    """

    items: list[TableItem]
    status_changes: list[tuple[bytes, bytes]]
    stores: int
    polls: int
    superseded: int
    late: int

    @property
    def size(self) -> int:
        """Bytes of keys and values that go to the changelog."""
        return sum(len(key) + len(value or b"") for key, value in self.items)


class _Folded(NamedTuple):
    """The touched stores' new values, where they differ from the stored ones, and what else Changes says."""

    items: list[TableItem]
    status_changes: list[tuple[bytes, bytes]]
    superseded: int
    late: int


class PartitionState:
    """The state of one assigned partition."""

    def __init__(self, options: PartitionOptions, database: Database) -> None:
        self._options = options
        self._cache = StateCache(database, options.cache_bytes)
        meta = table.decode_meta(database.get(table.META_KEY))
        self._positions = dict(meta.positions)
        self._stream_time = meta.stream_time
        self._retained_from = meta.retained_from
        self._topic_ids = {**meta.topic_ids, **options.topic_ids}
        self._pending = Pending(options.partition, options.partitions)
        self._underived = Underived(database, is_any=meta.is_underived)

    @property
    def pending(self) -> int:
        """Polls and calendars that no checkpoint has taken yet."""
        return len(self._pending)

    @property
    def pending_stores(self) -> int:
        """The stores that these are of, roughly."""
        return self._pending.stores

    @property
    def is_underived(self) -> bool:
        """Whether some stores still lack the buckets that were left out while the worker was behind."""
        return self._underived.is_any

    @property
    def cache_bytes(self) -> int:
        """About the memory that cached values take."""
        return self._cache.size

    def position(self, topic: str) -> int:
        """The source position: every record of the topic below it is in the state, or pending."""
        return self._positions.get(topic, 0)

    def advance(self, topic: str, position: int) -> None:
        """Say that every record of the topic below `position` has been given to add_polls or add_calendars."""
        self._positions[topic] = max(position, self.position(topic))

    def add_polls(self, polls: PollColumns) -> list[tuple[int, Rejected]]:
        """Take decoded polls; return those that belong to another partition, by their row in the run."""
        return self._pending.add_polls(polls)

    def add_calendars(
        self, calendars: Sequence[tuple[int, str, StoreCalendar | Refusals | None]]
    ) -> list[tuple[int, Rejected]]:
        """Take stores' calendars, None for the defaults, and refusals, in order, each with its row in the run.

        Returns those of another partition, by row.
        """
        return self._pending.add_calendars(calendars)

    def take_changes(self, *, derive: bool) -> Changes:
        """Fold in everything pending; what `keep` was told of before is in the database.

        Without `derive` the touched stores' buckets are left out, for the sake of speed; with it they are made up for,
        DERIVED_AT_ONCE stores at a time. Where more are touched at once, as by the last polls of a catch-up, theirs are
        left out too, so that these polls are durable the sooner.
        """
        batch = self._pending.take()
        if len(batch.observations):
            self._stream_time = max(int(batch.observations.max()) >> 1, self._stream_time or 0)
        touched = dict.fromkeys((*batch.store_ids, *batch.calendars))  # the polled ones first, as the rows count them
        is_derived = derive and len(touched) <= DERIVED_AT_ONCE
        if is_derived:
            touched.update(dict.fromkeys(self._underived.take(DERIVED_AT_ONCE)))
        elif touched:
            self._underived.begin()
        folded = self._folded(list(touched), batch, derive=is_derived)
        items = [
            *folded.items,
            *((table.calendar_key(store_id), _calendar_value(of)) for store_id, of in batch.calendars.items()),
            *self._refusal_items(batch.refusals),
            (table.META_KEY, table.encode_meta(self._meta())),
        ]
        counts = len(touched), len(batch.observations), folded.superseded, folded.late
        return Changes(items, folded.status_changes, *counts)

    def keep(self, changes: Changes) -> None:
        """Say that these changes are in the database."""
        self._cache.keep(changes.items[:-1])  # all but the meta

    def _folded(self, touched: Sequence[str], batch: Batch, *, derive: bool) -> _Folded:
        if self._stream_time is None:  # no poll yet: calendars alone make no store value
            return _Folded([], [], 0, 0)
        retained = self._retained_range(self._stream_time)
        keys = [store_id.encode() for store_id in touched]
        stored = self._cache.get_many(keys)
        before = store_values.decode_states(stored, retained)
        after = store_state.fold(before, batch.rows, batch.observations)
        buckets = self._buckets(touched, after, batch) if derive else None
        polled = store_state.last_observations(after) != store_state.NO_POLL
        items: list[TableItem] = [
            (key, value)
            for key, value, old, is_polled in zip(
                keys, store_values.encode_states(after, buckets), stored, polled.tolist(), strict=True
            )
            if is_polled and value != old
        ]
        return _Folded(
            items,
            records.encode_status_changes(touched, status_changes.status_changes(before, after)),
            store_state.superseded(before, batch.rows, batch.observations),
            store_state.late(before, batch.rows, batch.observations),
        )

    def _refusal_items(self, refused: Mapping[str, Refusals]) -> list[TableItem]:
        """Deletions only where something is kept: nearly no calendar has refusals to take back."""
        keys = [refusals.refusals_key(store_id) for store_id in refused]
        return [
            (key, None if found == NOTHING_REFUSED else refusals.encode_refusals(found))
            for key, found, stored in zip(keys, refused.values(), self._cache.get_many(keys), strict=True)
            if found != NOTHING_REFUSED or stored is not None
        ]

    def _buckets(self, touched: Sequence[str], states: store_state.StoreStates, batch: Batch) -> store_state.Buckets:
        stored = self._cache.get_many([table.calendar_key(store_id) for store_id in touched])
        calendars = [
            (batch.calendars[store_id] if store_id in batch.calendars else _calendar_of(value)) or DEFAULT_CALENDAR
            for store_id, value in zip(touched, stored, strict=True)
        ]
        is_open = open_runs(calendars, *states.retained)
        return store_state.buckets(store_state.active_runs(states, states.retained.end), is_open)

    def _retained_range(self, stream_time: int) -> store_state.RetainedRange:
        """The range under the stream time; what was once dropped stays dropped, also under a longer retention."""
        retained = store_state.retained_range(stream_time, self._options.retention_days)
        self._retained_from = max(retained.first, self._retained_from or 0)
        return store_state.RetainedRange(self._retained_from, retained.end)

    def _meta(self) -> table.PartitionMeta:
        return table.PartitionMeta(
            dict(self._positions),
            self._stream_time,
            self._retained_from,
            is_underived=self._underived.is_any,
            changelog=self._options.changelog,
            partition=self._options.partition,
            topic_ids=self._topic_ids,
        )


def _calendar_of(value: bytes | None) -> StoreCalendar | None:
    return None if value is None else table.decode_calendar(value)


def _calendar_value(calendar: StoreCalendar | None) -> bytes | None:
    return None if calendar is None else table.encode_calendar(calendar)

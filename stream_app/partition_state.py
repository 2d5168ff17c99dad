"""A partition's state: what its RocksDB holds, and what has been decoded since the last checkpoint.

Nothing is written here. `take_changes` folds what is pending into the stored values of the stores it touches and hands
out the table items of a checkpoint; who applies them is checkpoint.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import rocksdict
from numpy.typing import NDArray

from stream_app.changelog import TableItem
from stream_app.codec import store_values, table
from stream_app.domain import store_state
from stream_app.domain.business_hours import open_runs
from stream_app.domain.partitions import partition_of, partitions_of
from stream_app.domain.poll import PollColumns
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar

_Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Changes:
    """What one checkpoint writes: table items (a value of None deletes), and counts for the log.

    `superseded` polls lay before the retained range and changed nothing; `late` ones were older than what was known of
    their store, and changed what was said of the time after them.
    """

    items: list[TableItem]
    stores: int
    polls: int
    superseded: int
    late: int


class _Folded(NamedTuple):
    """The touched stores' new values, where they differ from the stored ones, and the counts of Changes."""

    items: list[TableItem]
    superseded: int
    late: int


class PartitionState:
    """The state of one assigned partition."""

    def __init__(self, partition: int, partitions: int, database: rocksdict.Rdict, retention_days: int) -> None:
        self._partition = partition
        self._partitions = partitions
        self._database = database
        self._retention_days = retention_days
        meta = table.decode_meta(database.get(table.META_KEY))
        self._positions = dict(meta.positions)
        self._stream_time = meta.stream_time
        self._retained_from = meta.retained_from
        self._rows: dict[str, int] = {}  # the stores with pending polls, in the order of their first one
        self._pending: list[tuple[_Int64s, _Int64s]] = []  # rows and observations, a pair a run
        self._calendars: dict[str, StoreCalendar | None] = {}

    @property
    def pending(self) -> int:
        """Polls and calendars that no checkpoint has taken yet."""
        return sum(len(rows) for rows, _ in self._pending) + len(self._calendars)

    def position(self, topic: str) -> int:
        """The source position: every record of the topic below it is in the state, or pending."""
        return self._positions.get(topic, 0)

    def advance(self, topic: str, position: int) -> None:
        """Say that every record of the topic below `position` has been given to add_polls or add_calendar."""
        self._positions[topic] = max(position, self.position(topic))

    def add_polls(self, polls: PollColumns) -> list[tuple[int, Rejected]]:
        """Take decoded polls; return those that belong to another partition, by their row in the run."""
        rows = self._rows_of(polls.store_ids)
        here = rows >= 0
        if here.any():
            taken = polls.observations[here]
            self._pending.append((rows[here], taken))
            newest = int(taken.max()) >> 1
            self._stream_time = newest if self._stream_time is None else max(newest, self._stream_time)
        strangers = np.flatnonzero(~here).tolist()
        return [(int(polls.rows[at]), self._wrong_partition(polls.store_ids[at])) for at in strangers]

    def add_calendar(self, store_id: str, calendar: StoreCalendar | None) -> Rejected | None:
        """Take a store's calendar, None for the defaults; refuse it if the store belongs to another partition."""
        if partition_of(store_id.encode(), self._partitions) != self._partition:
            return self._wrong_partition(store_id)
        self._calendars[store_id] = calendar
        return None

    def take_changes(self) -> Changes:
        """Fold in everything pending. The next call must come after these changes are in the database."""
        rows, self._rows = self._rows, {}
        pending, self._pending = self._pending, []
        calendars, self._calendars = self._calendars, {}
        polled = list(rows)
        touched = polled + [store_id for store_id in calendars if store_id not in rows]
        values, superseded, late = self._folded(touched, pending, calendars)
        items = [
            *values,
            *((table.calendar_key(store_id), _calendar_value(of)) for store_id, of in calendars.items()),
            (table.META_KEY, table.encode_meta(self._meta())),
        ]
        return Changes(items, len(touched), sum(len(of_run) for of_run, _ in pending), superseded, late)

    def _rows_of(self, store_ids: Sequence[str]) -> _Int64s:
        """The row of each id among the pending stores, -1 for one of another partition."""
        known = self._rows
        if unknown := list(dict.fromkeys(store_id for store_id in store_ids if store_id not in known)):
            homes = partitions_of([store_id.encode() for store_id in unknown], self._partitions).tolist()
            ours = [store_id for store_id, home in zip(unknown, homes, strict=True) if home == self._partition]
            known.update(zip(ours, range(len(known), len(known) + len(ours)), strict=True))
        return np.array([known.get(store_id, -1) for store_id in store_ids], np.int64)

    def _folded(
        self,
        touched: Sequence[str],
        pending: Sequence[tuple[_Int64s, _Int64s]],
        calendars: Mapping[str, StoreCalendar | None],
    ) -> _Folded:
        if self._stream_time is None:  # no poll yet: calendars alone make no store value
            return _Folded([], 0, 0)
        retained = self._retained_range(self._stream_time)
        keys = [store_id.encode() for store_id in touched]
        stored = [self._database.get(key) for key in keys]
        states = store_values.decode_states(stored, retained)
        rows = np.concatenate([of_run for of_run, _ in pending] or [np.empty(0, np.int64)])
        observations = np.concatenate([of_run for _, of_run in pending] or [np.empty(0, np.int64)])
        superseded = store_state.superseded(states, rows, observations)
        late = store_state.late(states, rows, observations)
        states = store_state.fold(states, rows, observations)
        is_open = open_runs([self._calendar(store_id, calendars) for store_id in touched], *retained)
        buckets = store_state.buckets(store_state.active_runs(states, retained.end), is_open)
        values = store_values.encode_states(states, buckets)
        polled = store_state.last_observations(states) != store_state.NO_POLL
        items: list[TableItem] = [
            (key, value)
            for key, value, before, is_polled in zip(keys, values, stored, polled.tolist(), strict=True)
            if is_polled and value != before
        ]
        return _Folded(items, superseded, late)

    def _retained_range(self, stream_time: int) -> store_state.RetainedRange:
        """The range under the stream time; what was once dropped stays dropped, also under a longer retention."""
        retained = store_state.retained_range(stream_time, self._retention_days)
        self._retained_from = max(retained.first, self._retained_from or 0)
        return store_state.RetainedRange(self._retained_from, retained.end)

    def _calendar(self, store_id: str, pending: Mapping[str, StoreCalendar | None]) -> StoreCalendar:
        if store_id in pending:
            return pending[store_id] or DEFAULT_CALENDAR
        value = self._database.get(table.calendar_key(store_id))
        return DEFAULT_CALENDAR if value is None else table.decode_calendar(value)

    def _meta(self) -> table.PartitionMeta:
        return table.PartitionMeta(dict(self._positions), self._stream_time, self._retained_from)

    def _wrong_partition(self, store_id: str) -> Rejected:
        home = partition_of(store_id.encode(), self._partitions)
        return Rejected(Reason.WRONG_PARTITION, f"{store_id[:64]!r} belongs to {home}, not to {self._partition}")


def _calendar_value(calendar: StoreCalendar | None) -> bytes | None:
    return None if calendar is None else table.encode_calendar(calendar)

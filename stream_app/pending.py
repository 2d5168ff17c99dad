"""What has been decoded of a partition since its last checkpoint."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from stream_app.domain.partitions import partitions_of
from stream_app.domain.poll import PollColumns
from stream_app.domain.refusals import NOTHING_REFUSED, Refusals
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.domain.store_state import Observations

_Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """The polls and calendars of one checkpoint: observations[i] is of store_ids[rows[i]], both int64.

    A calendar of None is a tombstone. Stores of which only a calendar came are not among the `store_ids`. Each store of
    `calendars` is one of `refusals`, too: a calendar takes back what was refused before it.
    """

    store_ids: list[str]
    rows: _Rows
    observations: Observations
    calendars: dict[str, StoreCalendar | None]
    refusals: dict[str, Refusals]


class Pending:
    """Polls and calendars that no checkpoint has taken yet, of the stores that belong to one partition."""

    def __init__(self, partition: int, partitions: int) -> None:
        self._partition = partition
        self._partitions = partitions
        self._rows: dict[str, int] = {}  # the polled stores, in the order of their first poll
        self._polls: list[tuple[_Rows, Observations]] = []  # a pair a run
        self._calendars: dict[str, StoreCalendar | None] = {}
        self._refusals: dict[str, Refusals] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count + len(self._refusals)

    @property
    def stores(self) -> int:
        """The stores that something is pending of, those with polls and a calendar counted twice."""
        return len(self._rows) + len(self._refusals)

    def add_polls(self, polls: PollColumns) -> list[tuple[int, Rejected]]:
        """Take decoded polls; return those of another partition, by their row in the run."""
        rows = self._rows_of(polls.store_ids)
        here = rows >= 0
        self._polls.append((rows[here], polls.observations[here]))
        self._count += int(here.sum())
        strangers = np.flatnonzero(~here).tolist()
        return [(int(polls.rows[at]), self._stranger(polls.store_ids[at])) for at in strangers]

    def add_calendars(
        self, calendars: Sequence[tuple[int, str, StoreCalendar | Refusals | None]]
    ) -> list[tuple[int, Rejected]]:
        """Take calendars and refusals, each with its row in the run, in order; return those of another partition."""
        homes = partitions_of([store_id.encode() for _, store_id, _ in calendars], self._partitions).tolist()
        strangers = []
        for home, (row, store_id, calendar) in zip(homes, calendars, strict=True):
            if home != self._partition:
                strangers.append((row, self._stranger(store_id)))
            elif isinstance(calendar, Refusals):
                self._refusals[store_id] = calendar
            else:
                self._calendars[store_id] = calendar
                self._refusals[store_id] = NOTHING_REFUSED
        return strangers

    def take(self) -> Batch:
        """Everything pending, which is pending no more; the stores in the order of their keys.

        RocksDB then reads and writes them from one end of its files to the other, in half the time.
        """
        store_ids = sorted(self._rows)
        new_row = np.empty(len(store_ids), np.int64)
        new_row[_numbers(map(self._rows.__getitem__, store_ids), len(store_ids))] = np.arange(len(store_ids))
        empty = np.empty(0, np.int64)
        batch = Batch(
            store_ids,
            new_row[np.concatenate([empty, *(rows for rows, _ in self._polls)])],
            np.concatenate([empty, *(observations for _, observations in self._polls)]),
            self._calendars,
            self._refusals,
        )
        self._rows, self._polls, self._calendars, self._refusals, self._count = {}, [], {}, {}, 0
        return batch

    def _rows_of(self, store_ids: Sequence[str]) -> _Rows:
        """The row of each id among the pending stores, -1 for one of another partition."""
        rows = self._known_rows(store_ids)
        unknown = dict.fromkeys(store_ids[at] for at in np.flatnonzero(rows < 0).tolist())
        if not unknown:
            return rows
        homes = partitions_of([store_id.encode() for store_id in unknown], self._partitions).tolist()
        ours = [store_id for store_id, home in zip(unknown, homes, strict=True) if home == self._partition]
        self._rows.update(zip(ours, range(len(self._rows), len(self._rows) + len(ours)), strict=True))
        return self._known_rows(store_ids)

    def _known_rows(self, store_ids: Sequence[str]) -> _Rows:
        return _numbers(map(self._rows.get, store_ids, repeat(-1)), len(store_ids))

    def _stranger(self, store_id: str) -> Rejected:
        home = int(partitions_of([store_id.encode()], self._partitions)[0])
        return Rejected(Reason.WRONG_PARTITION, f"{store_id[:64]!r} belongs to {home}, not to {self._partition}")


def _numbers(numbers: Iterable[int], count: int) -> _Rows:
    return np.fromiter(numbers, np.int64, count)

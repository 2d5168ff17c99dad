"""A partition at work: it takes runs in, and makes them durable in checkpoints, each in strict order.

  1. Changed values, source positions, status changes and dead letters go to Kafka in ONE transaction (changelog.py).
  2. The same values, with the changelog offset they stand at, go to RocksDB in ONE write (state_table.py).
  3. The runs they came from are acked in order, so that Faust commits no offset before its polls are kept.

RocksDB is therefore never ahead of the changelog: a kill between 1 and 2 is mended by recovery, one between 2 and 3 by
reading records again that change nothing. Whatever fails ends the worker with nothing acked.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from faust.types import EventT

from stream_app import metrics
from stream_app.changelog import ChangelogWriter
from stream_app.dead_letters import DeadLetterItem
from stream_app.partition_state import Changes, PartitionState
from stream_app.settings import Settings
from stream_app.state_table import StateTable

LagOf = Callable[[PartitionState], int | None]

_MAX_DEAD_LETTER_BYTES = 32 << 20
_MAX_STORES = 60_000  # of a checkpoint: their values are in memory several times while it is made
_APART_S = 0.025  # of a checkpoint's cost most is the transaction's: a few polls more in one are for free
_ON_THEIR_WAY = 1_000  # records of a partition: some tenths of a second of any load that a worker keeps up with


@dataclass(slots=True)
class _Taken:
    """The runs that no checkpoint has made durable: their events, what they left to dead letters, and their cost.

    `since` is the loop's time at which the first of them arrived, `appended_at` the Unix time of the last record.
    """

    since: float
    events: list[EventT[Any]] = field(default_factory=list)
    dead_letters: list[DeadLetterItem] = field(default_factory=list)
    dead_letter_bytes: int = 0
    decode_s: float = 0.0
    appended_at: float = 0.0

    def add(self, event: EventT[Any], dead_letters: list[DeadLetterItem], decode_s: float) -> None:
        self.events.append(event)
        self.dead_letters += dead_letters
        self.dead_letter_bytes += sum(len(value) for _, value in dead_letters)
        self.decode_s += decode_s
        self.appended_at = event.message.timestamp


class PartitionWorker:
    """One assigned partition: its state, the runs that are not acked yet, and the loop that makes checkpoints."""

    def __init__(
        self,
        partition: int,
        state: PartitionState,
        table: StateTable,
        writer: ChangelogWriter,
        lag_of: LagOf,
        settings: Settings,
    ) -> None:
        self.state = state
        self._partition = partition
        self._table = table
        self._writer = writer
        self._lag_of = lag_of
        self._interval_s = settings.checkpoint_interval_s
        self._max_pending = settings.max_pending
        self._clock = asyncio.get_running_loop().time
        self._taken: _Taken | None = None
        self._arrived = asyncio.Event()
        if state.is_underived:
            self._arrived.set()
        self._room = asyncio.Event()
        self._room.set()
        self._in_flight = asyncio.Lock()
        self._is_stopped = False
        self._loop: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether agents that have something for it wait for room."""
        return not self._room.is_set()

    @property
    def is_making_room(self) -> bool:
        """Whether an agent waits for a checkpoint that is in flight: as long as that takes, nothing is taken in."""
        return self.is_full and self._in_flight.locked()

    def start(self) -> "asyncio.Task[None]":
        """Begin making checkpoints; the task ends by a stop, or with the error that must end the worker."""
        self._loop = asyncio.create_task(self._run(), name=f"checkpoints-{self._partition}")
        return self._loop

    async def stop(self) -> None:
        """Let the checkpoint in flight end, then make no more; what is unacked is read again by the next owner.

        An agent that waits for room goes on at once: Faust keeps it over a rebalance, and it serves the topic's other
        partitions too. A call that is cancelled has stopped the worker all the same.
        """
        self._end_taking()
        async with self._in_flight:
            if self._loop is not None:
                self._loop.cancel()

    async def take(self, event: EventT[Any], dead_letters: list[DeadLetterItem], decode_s: float) -> None:
        """A run whose records are in the state's pending: its event is acked once they are durable.

        Waits while too much is pending: Kafka is slower than we are, and memory is bounded. Once the worker has stopped
        or failed, a run is neither kept nor acked, and nobody waits.
        """
        if self._is_stopped:
            return
        self._taken = self._taken or _Taken(since=self._clock())
        self._taken.add(event, dead_letters, decode_s)
        self._arrived.set()
        if self._is_too_much:
            self._room.clear()
        await self._room.wait()

    @property
    def _is_too_much(self) -> bool:
        letters = 0 if self._taken is None else self._taken.dead_letter_bytes
        return (
            self.state.pending >= self._max_pending
            or self.state.pending_stores >= _MAX_STORES
            or letters >= _MAX_DEAD_LETTER_BYTES
        )

    @property
    def _is_caught_up(self) -> bool:
        return _is_on_its_way(self._lag_of(self.state))

    async def _run(self) -> None:
        try:
            await self._make_checkpoints()
        finally:
            self._end_taking()

    def _end_taking(self) -> None:
        """Let go of whoever waits for room, since no checkpoint will make any."""
        self._is_stopped = True
        self._room.set()

    async def _make_checkpoints(self) -> None:
        last = self._clock()
        while not self._is_stopped:
            await self._arrived.wait()
            await self._until_due(last)
            async with self._in_flight:
                last = self._clock()
                await self._checkpoint()

    async def _until_due(self, last: float) -> None:
        """When too much is pending, or it is time after the last checkpoint: soon when the partition is caught up."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(last + self._interval_s):
                while not self._is_caught_up and self._room.is_set():
                    self._arrived.clear()
                    await self._arrived.wait()
        if self._room.is_set():
            await asyncio.sleep(last + _APART_S - self._clock())

    async def _checkpoint(self) -> None:
        started = self._clock()
        self._arrived.clear()
        is_caught_up = self._is_caught_up
        changes = self.state.take_changes(derive=is_caught_up)
        taken, self._taken = self._taken or _Taken(since=started), None
        self._room.set()
        folded = self._clock()
        await self._table.guard.confirm()  # asked after the fetches: what was read is of the topics that are remembered
        offset = await self._writer.commit(changes.items, taken.dead_letters, changes.status_changes)
        self._table.write(self._partition, changes.items, offset)
        self.state.keep(changes)
        for event in taken.events:
            event.ack()
        if is_caught_up and self.state.is_underived:
            self._arrived.set()  # the next checkpoint goes on with the buckets that were left out
        self._observe(changes, taken, started, folded)

    def _observe(self, changes: Changes, taken: _Taken, started: float, folded: float) -> None:
        now, lag = self._clock(), self._lag_of(self.state)
        metrics.observe(
            metrics.Flushed(
                partition=self._partition,
                runs=len(taken.events),
                polls=changes.polls,
                stores=changes.stores,
                values=len(changes.items),
                bytes=changes.size,
                status_changes=len(changes.status_changes),
                late=changes.late,
                superseded=changes.superseded,
                dead_letters=len(taken.dead_letters),
                decode_s=taken.decode_s,
                fold_s=folded - started,
                write_s=now - folded,
                age_s=now - taken.since,
                lag_records=lag,
                is_caught_up=_is_on_its_way(lag),
                lag_s=time.time() - taken.appended_at if lag and taken.appended_at else 0.0,
                cache_bytes=self.state.cache_bytes,
            )
        )


def _is_on_its_way(lag: int | None) -> bool:
    """Whether no more is missing than what is on its way: under a steady load that is never nothing."""
    return lag is not None and lag <= _ON_THEIR_WAY

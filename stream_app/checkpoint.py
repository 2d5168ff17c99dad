"""A partition at work: it takes runs in, and makes them durable in checkpoints, each in strict order.

  1. Changed values, source positions and dead letters go to Kafka in ONE transaction (changelog.py).
  2. The same values, with the changelog offset they stand at, go to RocksDB in ONE write (state_table.py).
  3. The runs they came from are acked in order, so that Faust commits no offset before its polls are kept.

RocksDB is therefore never ahead of the changelog: a kill between 1 and 2 is mended by recovery, one between 2 and 3 by
reading records again that change nothing. Whatever fails ends the worker with nothing acked.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from faust.types import EventT

from stream_app.changelog import ChangelogWriter
from stream_app.dead_letters import DeadLetterItem
from stream_app.partition_state import Changes, PartitionState
from stream_app.settings import Settings
from stream_app.state_table import StateTable

log = structlog.get_logger()


_MAX_DEAD_LETTER_BYTES = 32 << 20


class PartitionWorker:
    """One assigned partition: its state, the runs that are not acked yet, and the loop that makes checkpoints."""

    def __init__(
        self,
        partition: int,
        state: PartitionState,
        table: StateTable,
        writer: ChangelogWriter,
        is_caught_up: Callable[[PartitionState], bool],
        settings: Settings,
    ) -> None:
        self.state = state
        self._partition = partition
        self._table = table
        self._writer = writer
        self._is_caught_up = is_caught_up
        self._interval_s = settings.checkpoint_interval_s
        self._max_pending = settings.max_pending
        self._unacked: list[EventT[Any]] = []
        self._dead_letters: list[DeadLetterItem] = []
        self._dead_letter_bytes = 0
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._in_flight = asyncio.Lock()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> "asyncio.Task[None]":
        """Begin making checkpoints; the task ends only by cancellation or with the error that must end the worker."""
        self._loop = asyncio.create_task(self._run(), name=f"checkpoints-{self._partition}")
        return self._loop

    async def stop(self) -> None:
        """Let the checkpoint in flight end, then make no more; what is unacked is read again by the next owner."""
        async with self._in_flight:
            if self._loop is not None:
                self._loop.cancel()

    async def take(self, event: EventT[Any], dead_letters: list[DeadLetterItem]) -> None:
        """A run whose records are in the state's pending: its event is acked once they are durable.

        Waits while too much is pending: Kafka is slower than we are, and memory is bounded.
        """
        self._unacked.append(event)
        self._dead_letters += dead_letters
        self._dead_letter_bytes += sum(len(value) for _, value in dead_letters)
        self._arrived.set()
        if self.state.pending >= self._max_pending or self._dead_letter_bytes >= _MAX_DEAD_LETTER_BYTES:
            self._room.clear()
        await self._room.wait()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        last = clock()
        while True:
            await self._arrived.wait()
            await self._until_due(last + self._interval_s)
            async with self._in_flight:
                last = clock()
                await self._checkpoint(clock)

    async def _until_due(self, at: float) -> None:
        """At once when the partition is caught up or too much is pending, else at that time of the loop's clock."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(at):
                while not self._is_caught_up(self.state) and self._room.is_set():
                    self._arrived.clear()
                    await self._arrived.wait()

    async def _checkpoint(self, clock: Callable[[], float]) -> None:
        started = clock()
        self._arrived.clear()
        changes = self.state.take_changes()
        events, self._unacked = self._unacked, []
        letters, self._dead_letters = self._dead_letters, []
        self._dead_letter_bytes = 0
        self._room.set()
        folded = clock()
        offset = await self._writer.commit(changes.items, letters)
        self._table.write(self._partition, changes.items, offset)
        for event in events:
            event.ack()
        self._log(changes, len(letters), folded - started, clock() - folded)

    def _log(self, changes: Changes, dead_letters: int, fold_s: float, write_s: float) -> None:
        log.info(
            "checkpoint.flushed",
            partition=self._partition,
            stores=changes.stores,
            values=len(changes.items),
            polls=changes.polls,
            superseded=changes.superseded,
            late=changes.late,
            dead_letters=dead_letters,
            fold_ms=round(fold_s * 1000, 1),
            write_ms=round(write_s * 1000, 1),
        )

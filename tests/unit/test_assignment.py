"""What a rebalance that comes in the middle of something leaves behind: no partition at work that isn't assigned."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiokafka.errors import IllegalStateError
from faust.types import TP

from stream_app.assignment import Assignment
from stream_app.checkpoint import PartitionWorker
from stream_app.transport import Run
from tests.support.partition_worker import HeldWriter, hand_over, open_table, settings_in

WITHIN_S = 10
GENERATION = 7
POLLS = TP("store-polls", 0)

Found = TypeVar("Found")


@dataclass(slots=True)
class Consumer:
    """Kafka's answers, which a test holds back; each question says that it was asked."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    seek_error: IllegalStateError | None = None
    sought: list[tuple[TP, int]] = field(default_factory=list)

    async def highwaters(self, *tps: TP) -> Mapping[TP, int]:
        return dict.fromkeys(tps, await self._answered(1_000))

    async def earliest_offsets(self, *tps: TP) -> Mapping[TP, int]:
        return dict.fromkeys(tps, await self._answered(0))

    async def seek(self, tp: TP, offset: int) -> None:
        self.sought.append((tp, offset))
        if self.seek_error is not None:
            raise self.seek_error

    def highwater(self, _tp: TP) -> None:
        """Kafka has not told yet."""

    async def _answered(self, offset: int) -> int:
        self.asked.set()
        await self.gate.wait()
        return offset


@dataclass(frozen=True, slots=True)
class Message:
    """Of a run that was fetched in the current generation."""

    tp: TP = POLLS
    partition: int = 0
    generation_id: int = GENERATION


@dataclass(frozen=True, slots=True)
class Event:
    """What Faust wraps a message in."""

    message: Message = field(default_factory=Message)


class Place:
    """An assignment of partition 0 and the signals that Faust sends it."""

    def __init__(self, folder: Path) -> None:
        self.app, self.table = open_table(folder)
        self.consumer = Consumer()
        app: Any = self.app
        app.consumer = self.consumer
        app.consumer_generation_id = GENERATION
        self.assignment = Assignment(self.app, self.table, settings_in(folder), 1)
        self.event: Any = Event()

    @property
    def worker(self) -> PartitionWorker | None:
        return self.assignment.worker_for(self.event)

    async def revoke(self) -> None:
        await soon(self.app.on_partitions_revoked.send(set()))

    async def assign(self) -> None:
        await soon(self.app.on_partitions_assigned.send(set()))

    async def complete(self) -> None:
        await soon(self.app.on_rebalance_complete.send())

    async def at_work(self) -> PartitionWorker:
        self.consumer.gate.set()
        await self.assign()
        await self.complete()
        assert self.worker is not None
        self.consumer.gate.clear()
        self.consumer.asked.clear()
        return self.worker


async def soon(awaited: Awaitable[Found]) -> Found:
    return await asyncio.wait_for(awaited, WITHIN_S)


def test_recovery_that_ends_after_its_partitions_were_taken_away_puts_none_to_work(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        await place.assign()
        await place.revoke()

        await place.complete()

        assert place.worker is None

    asyncio.run(case())


def test_recovery_that_ends_when_the_next_is_due_leaves_its_partitions_to_that(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        await place.assign()
        place.app.tables.recovery.signal_recovery_start.set()

        await place.complete()

        assert place.worker is None

    asyncio.run(case())


def test_partitions_taken_away_while_kafka_is_asked_for_the_ends_are_given_up(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        await place.assign()
        taking_up = asyncio.create_task(place.app.on_rebalance_complete.send())
        await soon(place.consumer.asked.wait())

        await place.revoke()
        place.consumer.gate.set()
        await soon(taking_up)

        assert place.worker is None

    asyncio.run(case())


def test_second_recovery_of_an_assignment_replaces_the_workers_of_the_first(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        first = await place.at_work()
        place.consumer.gate.set()

        await place.complete()

        assert place.worker not in {None, first}
        assert first._is_stopped

    asyncio.run(case())


def test_rebalance_waits_for_a_checkpoint_whose_first_wait_was_cancelled(tmp_path: Path) -> None:
    """Faust cancels a recovery, and what it waits for, when the next rebalance begins."""

    async def case() -> None:
        place = Place(tmp_path)
        worker = await place.at_work()
        writer = place.table.writers[0]
        assert isinstance(writer, HeldWriter)
        run, _ = hand_over(worker)
        await soon(writer.begun.wait())
        taking_up = asyncio.create_task(place.app.on_rebalance_complete.send())
        await asyncio.sleep(0)
        taking_up.cancel()

        revoking = asyncio.create_task(place.app.on_partitions_revoked.send(set()))
        _, waiting = await asyncio.wait([revoking], timeout=0.1)

        assert waiting == {revoking}
        writer.gate.set()
        await soon(revoking)
        assert run.is_acked

    asyncio.run(case())


def gap(place: Place) -> "asyncio.Task[bool]":
    """An agent that has fetched a run from behind where the state ends."""
    assert place.worker is not None
    return asyncio.create_task(place.assignment.close_gap(place.event, place.worker, Run([], 50, 60)))


def test_gap_that_a_rebalance_overtakes_is_left_to_the_next_owner(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        await place.at_work()
        closing = gap(place)
        await soon(place.consumer.asked.wait())

        await place.revoke()
        place.consumer.gate.set()

        assert (await soon(closing), place.consumer.sought) == (False, [])

    asyncio.run(case())


def test_gap_that_isn_t_the_retentions_is_read_again_from_the_states_position(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        await place.at_work()
        place.consumer.gate.set()

        assert (await soon(gap(place)), place.consumer.sought) == (False, [(POLLS, 0)])

    asyncio.run(case())


def test_seek_that_is_refused_for_an_assignment_that_stands_is_an_error(tmp_path: Path) -> None:
    async def case() -> None:
        place = Place(tmp_path)
        await place.at_work()
        place.consumer.gate.set()
        place.consumer.seek_error = IllegalStateError("no current assignment")

        with pytest.raises(IllegalStateError):
            await soon(gap(place))

    asyncio.run(case())


def test_readings_are_the_changelogs_while_it_is_recovered_then_the_sources_and_none_in_a_rebalance(
    tmp_path: Path,
) -> None:
    async def case() -> list[list[str]]:
        place = Place(tmp_path)
        seen = [place.assignment.readings()]
        await place.assign()
        seen.append(place.assignment.readings())
        await place.at_work()
        seen.append(place.assignment.readings())
        await place.revoke()
        seen.append(place.assignment.readings())
        return [[reading.tp.topic for reading in readings] for readings in seen]

    assert asyncio.run(case()) == [
        [],
        ["store-monitor-store-state-changelog"],
        ["store-polls", "store-calendars"],
        [],
    ]

"""Whoever waits for a partition's room is let go when nobody makes any: at a stop, a failure, a cancellation."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

import pytest
from aiokafka.errors import KafkaError

from tests.support.partition_worker import HeldPartition, Run

WITHIN_S = 10

Found = TypeVar("Found")


async def soon(awaited: Awaitable[Found]) -> Found:
    return await asyncio.wait_for(awaited, WITHIN_S)


async def full(folder: Path) -> "tuple[HeldPartition, Run, asyncio.Task[None]]":
    """A partition whose first run is in a checkpoint in flight, and whose second run waits for room."""
    partition = HeldPartition(folder)
    _, first = partition.take()
    await soon(partition.writer.begun.wait())
    await soon(first)
    run, waiting = partition.take()
    await asyncio.sleep(0)
    assert partition.worker.is_making_room
    assert not waiting.done()
    return partition, run, waiting


def test_agent_that_waits_for_room_goes_on_when_its_partition_is_taken_away(tmp_path: Path) -> None:
    async def case() -> None:
        partition, run, waiting = await full(tmp_path)

        stopping = asyncio.create_task(partition.worker.stop())

        await soon(waiting)
        assert not stopping.done()  # the checkpoint in flight ends first
        partition.writer.gate.set()
        await soon(stopping)
        await asyncio.wait([partition.loop], timeout=WITHIN_S)
        assert (partition.loop.done(), partition.writer.commits, run.is_acked) == (True, 1, False)

    asyncio.run(case())


def test_every_agent_that_waits_is_let_go(tmp_path: Path) -> None:
    async def case() -> None:
        partition, _, polls = await full(tmp_path)
        _, calendars = partition.take()

        stopping = asyncio.create_task(partition.worker.stop())

        await soon(asyncio.gather(polls, calendars))
        partition.writer.gate.set()
        await soon(stopping)

    asyncio.run(case())


def test_agent_that_waits_goes_on_when_the_checkpoint_fails(tmp_path: Path) -> None:
    async def case() -> None:
        partition, run, waiting = await full(tmp_path)
        partition.writer.error = KafkaError("the broker refused")

        partition.writer.gate.set()

        await soon(waiting)
        with pytest.raises(KafkaError, match="the broker refused"):
            await soon(partition.loop)
        assert not run.is_acked

    asyncio.run(case())


def test_agent_that_waits_goes_on_when_the_checkpoints_are_cancelled(tmp_path: Path) -> None:
    async def case() -> None:
        partition, _, waiting = await full(tmp_path)

        partition.loop.cancel()

        await soon(waiting)

    asyncio.run(case())


def test_stop_that_is_cancelled_has_stopped_the_worker_all_the_same(tmp_path: Path) -> None:
    async def case() -> None:
        partition, run, waiting = await full(tmp_path)
        stopping = asyncio.create_task(partition.worker.stop())
        await soon(waiting)

        stopping.cancel()
        partition.writer.gate.set()

        await soon(partition.loop)  # ends by itself, after the checkpoint in flight
        assert (partition.writer.commits, run.is_acked) == (1, False)

    asyncio.run(case())


def test_stopped_worker_takes_nothing_and_lets_nobody_wait(tmp_path: Path) -> None:
    async def case() -> None:
        partition = HeldPartition(tmp_path)
        await partition.worker.stop()

        run, taking = partition.take()

        await soon(taking)
        partition.writer.gate.set()
        await asyncio.wait([partition.loop], timeout=WITHIN_S)
        assert (partition.loop.done(), partition.writer.commits, run.is_acked) == (True, 0, False)

    asyncio.run(case())


def test_full_partition_that_is_not_stopped_holds_its_agent_until_the_next_checkpoint(tmp_path: Path) -> None:
    async def case() -> None:
        partition, run, waiting = await full(tmp_path)
        _, pending = await asyncio.wait([waiting], timeout=0.1)
        assert pending == {waiting}

        partition.writer.gate.set()

        await soon(waiting)
        assert partition.writer.commits >= 1
        await soon(partition.worker.stop())
        assert run.is_acked == (partition.writer.commits == 2)

    asyncio.run(case())

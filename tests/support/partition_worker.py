"""A partition at work without Kafka: real state and RocksDB, and a changelog that commits when a test says so."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import faust
from aiokafka.errors import KafkaError

from stream_app.app import create_app
from stream_app.changelog import ChangelogWriter, Keyed, TableItem
from stream_app.checkpoint import PartitionWorker
from stream_app.database import Database
from stream_app.domain.poll import parse_polls
from stream_app.partition_state import PartitionOptions, PartitionState
from stream_app.settings import Settings
from stream_app.state_table import StateTable
from stream_app.topic_guard import TopicGuard

MAX_PENDING = 10
FAR_BEHIND = 100_000


class HeldWriter(ChangelogWriter):
    """Each commit says that it has begun, and ends when `gate` is opened, with an error where one is put in."""

    def __init__(self, settings: Settings, partition: int) -> None:
        super().__init__(settings, partition)
        self.begun, self.gate = asyncio.Event(), asyncio.Event()
        self.error: KafkaError | None = None
        self.commits = 0

    async def stop(self) -> None:
        """There is no connection to let go of."""

    async def commit(self, *_given: Sequence[TableItem] | Sequence[Keyed]) -> int:
        self.begun.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.commits += 1
        return self.commits


class SameTopics(TopicGuard):
    """There is no Kafka that could have other topics."""

    async def confirm(self) -> None:
        """Nothing has changed."""

    async def close(self) -> None:
        """There is no connection to let go of."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a checkpoint asks of a run's message."""

    timestamp: float = 0.0


@dataclass(slots=True)
class Run:
    """A run's event, which knows whether it was acked."""

    message: Message = field(default_factory=Message)
    is_acked: bool = False

    def ack(self) -> None:
        self.is_acked = True


def settings_in(folder: Path) -> Settings:
    """Those of a worker whose partitions are full after a few polls."""
    return Settings.model_validate(
        {"DATA_DIR": str(folder), "MAX_PENDING": MAX_PENDING, "CHECKPOINT_INTERVAL": 60, "STALL_LIMIT": 60}
    )


def open_table(folder: Path) -> tuple[faust.App, StateTable]:
    """An app's table with partition 0 open and its writer held."""
    settings = settings_in(folder)
    app: faust.App = create_app(settings, partitions=1)
    (table,) = app.tables.values()
    assert isinstance(table, StateTable)
    table.databases[0] = Database(0, table.data._db_for_partition(0))
    table.writers = {0: HeldWriter(settings, 0)}
    table.guard = SameTopics(settings)
    return app, table


class HeldPartition:
    """Partition 0 at work, far behind, and an agent that fills it."""

    def __init__(self, folder: Path) -> None:
        _app, table = open_table(folder)
        writer = table.writers[0]
        assert isinstance(writer, HeldWriter)
        self.writer = writer
        options = PartitionOptions(0, 1, table.changelog_topic_name, 16, 0)
        self.state = PartitionState(options, table.database(0))
        self.worker = PartitionWorker(0, self.state, table, writer, lambda _state: FAR_BEHIND, settings_in(folder))
        self.loop = self.worker.start()

    def take(self, polls: int = MAX_PENDING) -> "tuple[Run, asyncio.Task[None]]":
        """A run of polls for it, and the agent that hands it over."""
        return hand_over(self.worker, polls)


def hand_over(worker: PartitionWorker, polls: int = MAX_PENDING) -> "tuple[Run, asyncio.Task[None]]":
    """A run of polls, and the agent that hands it over."""
    run: Any = Run()
    minutes = [f"2024-03-01T10:{minute:02}:00Z" for minute in range(polls)]
    worker.state.add_polls(parse_polls(["store"] * polls, ["active"] * polls, minutes))
    return run, asyncio.create_task(worker.take(run, [], 0.0))

"""Which partitions this worker has: a PartitionWorker for each, made after recovery and dropped before a rebalance."""

import asyncio
from collections.abc import Mapping
from typing import Any

import faust
import structlog
from faust.types import TP, EventT

from stream_app.abrupt_end import end_worker
from stream_app.checkpoint import LagOf, PartitionWorker
from stream_app.database import DatabaseDamagedError
from stream_app.errors import UnmendableStateError
from stream_app.partition_state import PartitionOptions, PartitionState
from stream_app.settings import Settings
from stream_app.state_table import StateTable
from stream_app.topics import topics_of

log = structlog.get_logger()


class Assignment:
    """The partitions at work between two rebalances."""

    def __init__(self, app: faust.App, table: StateTable, settings: Settings, partitions: int) -> None:
        self._app = app
        self._table = table
        self._settings = settings
        self._partitions = partitions
        self._sources = topics_of(settings).sources
        self._workers: dict[int, PartitionWorker] = {}
        self._dropping = asyncio.Lock()
        app.transport.position_of = self._position_of
        app.transport.on_gap = self._on_gap
        app.on_partitions_revoked.connect(self._drop, weak=False)
        app.on_rebalance_complete.connect(self._take_up, weak=False)
        app.on_before_shutdown.connect(self._drop, weak=False)

    def worker_for(self, event: EventT[Any]) -> PartitionWorker | None:
        """Who works on an event's partition; None where it came from an assignment that is over."""
        if event.message.generation_id != self._app.consumer_generation_id:
            return None
        return self._workers.get(event.message.partition)

    async def close_gap(self, tp: TP, position: int, start: int) -> bool:
        """Whether a run may be taken that starts behind the state's position.

        It may where Kafka's retention has deleted what lies between. Otherwise the run was fetched from another place,
        and the partition is read again from the state's position: taking it would leave records out for good.
        """
        earliest: Mapping[TP, int] = await self._app.consumer.earliest_offsets(tp)
        if start <= earliest[tp]:
            log.warning("run.deleted_unread", topic=tp.topic, partition=tp.partition, position=position, start=start)
            return True
        log.warning("run.out_of_place", topic=tp.topic, partition=tp.partition, position=position, start=start)
        await self._app.consumer.seek(tp, position)
        return False

    async def _take_up(self, *_args: Any, **_kwargs: Any) -> None:
        """After recovery, before the consumer seeks to its committed offsets."""
        await self._drop()
        for partition, writer in self._table.writers.items():
            self._table.finish_recovery(partition)
            options = PartitionOptions(
                partition,
                self._partitions,
                self._table.changelog_topic_name,
                self._settings.retention_days,
                self._settings.cache_max_bytes // len(self._table.writers),
            )
            state = PartitionState(options, self._table.database(partition))
            worker = PartitionWorker(partition, state, self._table, writer, self._lag_of(partition), self._settings)
            self._workers[partition] = worker
            worker.start().add_done_callback(self._end_on_failure)
        await self._check_positions()
        log.info("partitions.assigned", partitions=sorted(self._workers))

    async def _drop(self, *_args: Any, **_kwargs: Any) -> None:
        """Return when no checkpoint is in flight any more, also where another call waits for the same ones."""
        async with self._dropping:
            workers, self._workers = self._workers, {}
            await asyncio.gather(*(worker.stop() for worker in workers.values()))

    async def _check_positions(self) -> None:
        """A topic that ends before the state's position was made anew; reading on would skip its records."""
        tps = [TP(topic, partition) for topic in self._sources for partition in self._workers]
        ends: Mapping[TP, int] = await self._app.consumer.highwaters(*tps) if tps else {}
        for tp, end in ends.items():
            position = self._workers[tp.partition].state.position(tp.topic)
            if position > end:
                raise UnmendableStateError(
                    f"{tp.topic} partition {tp.partition} ends at offset {end}, but the state has read it up to "
                    f"{position}: the topic was made anew. Start with --fresh, or with another --state-dir and APP_ID"
                )

    def _position_of(self, tp: TP) -> int | None:
        """Where a source partition has to be read from; None for others, and while it isn't worked on."""
        worker = self._workers.get(tp.partition)
        return worker.state.position(tp.topic) if worker is not None and tp.topic in self._sources else None

    def _on_gap(self, tp: TP, position: int, committed: int) -> None:
        """The group has committed past the state: nothing is acked before it is kept, so the state has lost something.

        The database is rebuilt from the changelog by a new start; if that ends there too, what lies between is read
        again as far as the topic still has it.
        """
        log.error("state.behind_commit", topic=tp.topic, partition=tp.partition, position=position, committed=committed)
        if not self._table.is_new(tp.partition):
            error = DatabaseDamagedError(
                tp.partition, f"it has read {tp.topic} up to offset {position}, but {committed} is committed"
            )
            self._table.condemn(error)
            end_worker(error)

    def _end_on_failure(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, DatabaseDamagedError):
            self._table.condemn(error)
        end_worker(error)

    def _lag_of(self, partition: int) -> LagOf:
        """How many records of a partition the state has not read, None until Kafka has told where the topics end."""
        tps = [TP(topic, partition) for topic in self._sources]

        def lag_of(state: PartitionState) -> int | None:
            ends = [self._app.consumer.highwater(tp) for tp in tps]
            if None in ends:
                return None
            behind = [int(end) - state.position(tp.topic) for tp, end in zip(tps, ends, strict=True)]
            return sum(max(0, records) for records in behind)

        return lag_of

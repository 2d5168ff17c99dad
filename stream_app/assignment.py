"""Which partitions this worker has: a PartitionWorker for each, made after recovery and dropped before a rebalance."""

import asyncio
from collections.abc import Mapping
from typing import Any

import faust
import structlog
from aiokafka.errors import IllegalStateError
from faust.types import TP, EventT

from stream_app.abrupt_end import end_worker
from stream_app.checkpoint import LagOf, PartitionWorker
from stream_app.database import DatabaseDamagedError
from stream_app.errors import StateError, TopicReplacedError, UnmendableStateError
from stream_app.partition_state import PartitionOptions, PartitionState
from stream_app.recovered_state import recovered_meta, settle
from stream_app.settings import Settings
from stream_app.stall import Reading
from stream_app.state_table import StateTable
from stream_app.topics import topics_of
from stream_app.transport import Run

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
        self._ending: set[PartitionWorker] = set()
        self._is_assigned = False
        self._dropping = asyncio.Lock()
        app.transport.position_of = self._position_of
        app.transport.on_gap = self._on_gap
        app.on_partitions_revoked.connect(self._drop, weak=False)
        app.on_partitions_assigned.connect(self._assigned, weak=False)
        app.on_rebalance_complete.connect(self._take_up_or_end, weak=False)
        app.on_before_shutdown.connect(self._shut_down, weak=False)

    def worker_for(self, event: EventT[Any]) -> PartitionWorker | None:
        """Who works on an event's partition; None where it came from an assignment that is over."""
        if event.message.generation_id != self._app.consumer_generation_id:
            return None
        return self._workers.get(event.message.partition)

    async def close_gap(self, event: EventT[Any], worker: PartitionWorker, run: Run) -> bool:
        """Whether a run may be taken that starts behind the state's position.

        It may where Kafka's retention has deleted what lies between. Otherwise the run was fetched from another place,
        and the partition is read again from the state's position: taking it would leave records out for good. Neither
        where a rebalance has ended the assignment meanwhile: its next owner reads from its own state.
        """
        tp = event.message.tp
        position = worker.state.position(tp.topic)
        earliest: Mapping[TP, int] = await self._app.consumer.earliest_offsets(tp)
        if self.worker_for(event) is not worker:
            return False
        fields = {"topic": tp.topic, "partition": tp.partition, "position": position, "start": run.start}
        if run.start <= earliest[tp]:
            log.warning("run.deleted_unread", **fields)
            return True
        log.warning("run.out_of_place", **fields)
        try:
            await self._app.consumer.seek(tp, position)
        except IllegalStateError:  # the consumer doesn't have the partition
            if self.worker_for(event) is worker:
                raise
        return False

    def readings(self) -> list[Reading]:
        """How far each partition is in its topics, while it is recovered in the changelog; nothing in a rebalance."""
        is_waiting = any(worker.is_making_room for worker in self._workers.values())
        at_work = [
            Reading(TP(topic, partition), worker.state.position(topic), worker, is_waiting)
            for partition, worker in self._workers.items()
            for topic in self._sources
        ]
        return at_work or (self._recovering() if self._is_assigned else [])

    def _recovering(self) -> list[Reading]:
        """One that has everything still waits to be put to work, which the others' recovery may hold up."""
        held = {partition: self._table.held_offset(partition) for partition in self._table.writers}
        topic = self._table.changelog_topic_name
        return [Reading(TP(topic, partition), offset, held) for partition, offset in held.items()]

    async def _assigned(self, *_args: Any, **_kwargs: Any) -> None:
        self._is_assigned = True

    async def _take_up_or_end(self, *_args: Any, **_kwargs: Any) -> None:
        """After recovery, before the consumer seeks to its committed offsets."""
        await self._end_work()
        try:
            if not self._is_outdated():
                await self._check_sources()
                for partition in [*self._table.writers]:
                    await settle(self._table, partition)
            self._take_up()
        except (StateError, TopicReplacedError) as error:
            self._end(error)

    def _is_outdated(self) -> bool:
        """Whether a recovery has ended when the next rebalance had begun already.

        Its partitions are others' by then, or their databases not recovered yet, and the recovery that belongs to them
        follows.
        """
        return not self._is_assigned or self._app.tables.recovery.signal_recovery_start.is_set()

    def _take_up(self) -> None:
        """Put the partitions to work, without an await in which a rebalance could take them away."""
        if self._is_outdated():
            log.info("recovery.outdated")
            return
        for partition, writer in self._table.writers.items():
            options = PartitionOptions(
                partition,
                self._partitions,
                self._table.changelog_topic_name,
                self._settings.retention_days,
                self._settings.cache_max_bytes // len(self._table.writers),
                self._table.guard.ids,
            )
            state = PartitionState(options, self._table.database(partition))
            worker = PartitionWorker(partition, state, self._table, writer, self._lag_of(partition), self._settings)
            self._workers[partition] = worker
            worker.start().add_done_callback(self._end_on_failure)
        log.info("partitions.assigned", partitions=sorted(self._workers))

    async def _drop(self, *_args: Any, **_kwargs: Any) -> None:
        """Return when no checkpoint is in flight any more and none will be made."""
        self._is_assigned = False
        await self._end_work()

    async def _end_work(self) -> None:
        """Also where another call waits for the same checkpoints, or was cancelled while it waited.

        Faust cancels a recovery when the next rebalance begins, and with it a call from _take_up.
        """
        async with self._dropping:
            if self._workers:
                full = sorted(partition for partition, worker in self._workers.items() if worker.is_full)
                log.info("partitions.given_up", partitions=sorted(self._workers), full=full)
            self._ending.update(self._workers.values())
            self._workers = {}
            await asyncio.gather(*(worker.stop() for worker in self._ending))
            self._ending.clear()

    async def _shut_down(self, *_args: Any, **_kwargs: Any) -> None:
        await self._drop()
        await self._table.guard.close()

    async def _check_sources(self) -> None:
        """Raise where reading on would skip records: TopicReplacedError, and StateError for a topic that has lost some.

        Ids tell of every topic that was made anew; ends tell of some, for states and brokers without ids.
        """
        metas = {partition: recovered_meta(self._table, partition) for partition in self._table.writers}
        for meta in metas.values():
            self._table.guard.refuse_other_sources(meta.topic_ids)
        tps = [TP(topic, partition) for topic in self._sources for partition in metas]
        ends: Mapping[TP, int] = await self._app.consumer.highwaters(*tps) if tps else {}
        for tp, end in ends.items():
            position = metas[tp.partition].positions.get(tp.topic, 0)
            if position > end:
                raise UnmendableStateError(
                    f"{tp.topic} partition {tp.partition} ends at offset {end}, but the state has read it up to "
                    f"{position}: the topic was made anew, or has lost records. Start with --fresh, or with another "
                    "--state-dir and APP_ID"
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
        if not task.cancelled() and (error := task.exception()) is not None:
            self._end(error)

    def _end(self, error: BaseException) -> None:
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

"""The batch transport: Faust hands an agent one message a fetched *run* of records, instead of one a record.

Stock Faust makes two tasks and a future of every record (transport/consumer.py, _drain_messages); with a run of some
thousand records in one message that cost is gone. A run's message carries the last offset below the consumer's position
after the run. Acking it therefore commits that position, and recovery, which compares message offsets with
`highwater - 1`, ends exactly at the end of the changelog although transaction markers take up offsets there.

What of Faust 0.15.3 and aiokafka 0.14.0 this, whole_batches.py, consumer_positions.py, state_table.py and assignment.py
lean on; each row has a test in tests/unit/test_faust_contract.py, which fails when an upgrade changes it:

| internal | why |
|---|---|
| drivers.TRANSPORTS.aliases | registers the URL scheme `kafkaruns://` |
| AIOKafkaConsumerThread._create_worker_consumer | the one place between the consumer's making and its start |
| AIOKafkaConsumer._isolation_level, ._fetch_max_wait_ms | Faust has no setting for either |
| AIOKafkaConsumerThread._fetch_records | the fetch, in the consumer's own thread, where positions can be read with it |
| AIOKafkaConsumer._subscription | positions and ends without a round trip |
| AIOKafkaConsumerThread.on_start, Fetcher._records | where a started consumer keeps what it fetched ahead |
| FetchResult.getall, ._partition_records | one iterator of records, and a position when it is at its end |
| PartitionRecords._unpack_records, ._records_iterator | what reading by whole batches does otherwise |
| AIOKafkaConsumerThread.highwater | stock gives the log's end, which an open transaction keeps from being read |
| Consumer.perform_seek, ._committed_offset | where reading starts after a rebalance |
| Consumer._seek, AIOKafkaConsumerThread.seek_wait | a seek in the consumer's own thread |
| Consumer.getmany, ._wait_next_records, ._buffered_partitions | what yields messages, and when not |
| Consumer.on_task_error | called where an agent raised, before Faust acks what it failed on |
| Consumer._new_offset, ._acked, ._acked_index | which offset a commit takes |
| Consumer._add_gap | called between two messages whose offsets don't follow each other |
| Recovery: highwater - 1 | a message with this offset ends the recovery of its partition |
| Recovery: recovery_buffer_size | with 1 the changelog goes on flowing after recovery |
| Recovery.signal_recovery_start | set from a rebalance until its recovery begins: one that ends then is of before |
| Collection.on_rebalance | called before recovery asks how far the changelog goes |
| Collection.apply_changelog_batch | what recovery does with messages |
| Store._dbs, ._db_for_partition, .offset_key | the databases, and where a changelog offset is kept in them |
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from stream_app.abrupt_end import end_worker
from stream_app.consumer_positions import positions, readable_end
from stream_app.unreadable_batch import UnreadableBatchError
from stream_app.whole_batches import read_whole_batches

SCHEME = "kafkaruns"
MAX_RUN_RECORDS = 20_000
_FETCH_MAX_WAIT_MS = 100

log = structlog.get_logger()


@dataclass(slots=True)
class Run:
    """Every readable record of one partition in start <= offset < end, in order; there may be none.

    A record has an offset, a timestamp in milliseconds with its type, a key and a value.
    """

    records: Sequence[Any]
    start: int
    end: int

    def pieces(self, size: int) -> Iterator["Run"]:
        """The same run in parts of at most `size` records, together covering the same offsets."""
        start = self.start
        for at in range(0, len(self.records) or 1, size):
            records = self.records[at : at + size]
            end = self.end if at + size >= len(self.records) else records[-1].offset + 1
            yield Run(records, start, end)
            start = end

    def records_from(self, offset: int) -> Sequence[Any]:
        """The records at or after an offset."""
        if offset <= self.start:
            return self.records
        return [record for record in self.records if record.offset >= offset]


class RunConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that fetches: it returns runs, and sees only what is committed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._announced: dict[TopicPartition, int] = {}  # the end of the last run of each partition

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Under read_committed aiokafka asks ListOffsets for the last stable offset too, so highwaters() agree with it.
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - Faust has no setting for it
        # Every other request waits behind the long poll of a fetch; with Faust's 1.5 s a step of recovery takes that.
        consumer._fetch_max_wait_ms = _FETCH_MAX_WAIT_MS  # noqa: SLF001 - hard-coded in Faust
        return consumer

    async def on_start(self) -> None:
        """Start the consumer, and have it read whole batches."""
        await super().on_start()
        read_whole_batches(self._ensure_consumer())

    def highwater(self, tp: TP) -> int | None:
        """The end of what can be read: an open transaction keeps what lies behind it from readers.

        None also for a partition that was taken away a moment ago, of which other threads than the consumer's learn
        later: aiokafka's last_stable_offset() fails an assertion there.
        """
        return readable_end(self._ensure_consumer(), tp)

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP] | None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of the method overridden
        max_records: int | None = None,
    ) -> dict[TP, Run]:
        """A run for each partition whose position moved, or that starts somewhere new.

        A partition's first run after an assignment or a seek may be empty: it tells where reading starts, also where
        nothing is there to be read, so that an emptied partition has a position too.
        """
        before = positions(consumer, active_partitions or ())
        records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        after = positions(consumer, before.keys() | records.keys())
        runs: dict[TP, Run] = {}
        for tp in before.keys() | records.keys():
            fetched = records.get(tp, ())
            start = min([offset for offset in (before.get(tp), *(r.offset for r in fetched[:1])) if offset is not None])
            end = max(after.get(tp, start), fetched[-1].offset + 1 if fetched else start)
            if end > start or self._announced.get(tp) != start:
                runs[tp] = Run(fetched, start, end)
                self._announced[tp] = end
        return runs


class RunConsumer(driver.Consumer):
    """Yields one message a run; its runs must be acked in the order of their offsets."""

    def _new_consumer_thread(self) -> RunConsumerThread:
        return RunConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109 - overridden
        """What the next fetch brought, unless a rebalance began meanwhile."""
        try:
            runs, active = await self._wait_next_records(timeout)
        except UnreadableBatchError as error:  # Faust would log a traceback and stop, acking on its way
            end_worker(error)
            return
        if runs is None or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_back()
            return
        generation = self.app.consumer_generation_id
        for tp, run in runs.items():
            if not self.flow_active or generation != self.app.consumer_generation_id:
                return
            if active is None or tp in active or tp in self._buffered_partitions:
                self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
                for piece in run.pieces(MAX_RUN_RECORDS):
                    yield tp, self._message(tp, piece)

    def _message(self, tp: TP, run: Run) -> ConsumerMessage:
        last = run.records[-1] if run.records else None
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            run.end - 1,
            last.timestamp / 1000.0 if last else 0.0,
            last.timestamp_type if last else 0,
            None,
            None,
            run,
            None,
            None,
            None,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """After a rebalance: read each partition from where its state ends, whatever the group has committed.

        Stock seeks to committed offsets alone, and where there is none not at all (aiokafka's seek_to_committed), so
        that what was fetched too early and dropped would never be read.
        """
        await super().perform_seek()
        for tp in self.assignment():
            position = self.transport.position_of(tp)
            if position is not None:
                committed = self._committed_offset[tp]
                if committed is not None and committed > position:
                    self.transport.on_gap(tp, position, committed)
                await self.seek(tp, position)

    async def _seek(self, partition: TP, offset: int) -> None:
        """Seek in the consumer's thread; stock does it from this one, where it can take records from under a fetch."""
        await self._thread.seek_wait({partition: offset})

    async def _seek_back(self) -> None:
        """What was fetched while the flow stopped is read again after the rebalance."""
        try:
            await self.perform_seek()
        except KafkaError as error:
            log.warning("transport.seek_failed", error=repr(error))  # the rebalance under way seeks once more

    async def on_task_error(self, exc: BaseException) -> None:
        """An agent failed: Faust would ack what it failed on (streams.py:435) and start the agent again."""
        end_worker(exc)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Runs have no gaps between them; stock would expand the offsets of every run into a list of integers."""

    def _new_offset(self, tp: TP) -> int | None:
        """The position to commit: behind the newest acked run, since runs are acked in order.

        Stock counts offsets one by one and stops at the first that is missing, which is the second of any run.
        """
        acked = self._acked[tp]
        if not acked:
            return None
        newest: int = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return newest + 1


class RunTransport(driver.Transport):
    """Faust's Kafka transport with runs for messages: `broker="kafkaruns://host:port"`."""

    Consumer = RunConsumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.position_of: Callable[[TP], int | None] = _unknown  # where the state of a partition ends, if there is one
        self.on_gap: Callable[[TP, int, int], None] = _ignored  # the state ends before what its group has committed


def _unknown(_tp: TP) -> None:
    """No state tells where reading should start."""


def _ignored(_tp: TP, _position: int, _committed: int) -> None:
    """Nobody has said what a gap means."""


TRANSPORTS.aliases[SCHEME] = f"{__name__}:{RunTransport.__name__}"

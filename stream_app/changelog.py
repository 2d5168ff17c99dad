"""The changelog's writer: everything a checkpoint has for Kafka, in one transaction."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from stream_app import record_batches
from stream_app.domain.partitions import partitions_of
from stream_app.errors import StateError
from stream_app.settings import Settings
from stream_app.topics import Topics, topics_of

TableItem = tuple[bytes, bytes | None]
Keyed = tuple[bytes, bytes]

_REQUEST_BYTES = 4 * record_batches.BATCH_BYTES
_RETRY_BACKOFF_MS = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch on its way: the broker's answer to come, and how many records it has."""

    answer: "asyncio.Future[RecordMetadata]"
    count: int


class ChangelogWriter:
    """The one producer that may write a partition's changelog, by its transactional id."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self._topics: Topics = topics_of(settings)
        self._partition = partition
        self._timeout_s = settings.transaction_timeout_s
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_brokers,
            transactional_id=f"{settings.app_id}-{partition}",
            transaction_timeout_ms=int(self._timeout_s * 1000),
            max_batch_size=record_batches.BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            retry_backoff_ms=_RETRY_BACKOFF_MS,
        )

    async def start(self) -> None:
        """Take the transactional id: an older owner can commit nothing from here on, and what it left open is aborted.

        Returns once the markers of everything it had committed are written, so that offsets asked for now are final.
        """
        async with asyncio.timeout(self._timeout_s):
            await self._producer.start()

    async def stop(self) -> None:
        """Let go of the id; an open transaction is aborted by whoever takes it next.

        Raises TimeoutError where Kafka is silent: aiokafka would wait for it without end, and the rebalance with it.
        """
        async with asyncio.timeout(self._timeout_s):
            await self._producer.stop()

    async def commit(
        self, items: Sequence[TableItem], dead_letters: Sequence[Keyed], status_changes: Sequence[Keyed] = ()
    ) -> int:
        """Send all of it in one transaction; return the changelog offset of the last item once it is committed.

        Raises KafkaError (ProducerFenced where another worker owns the partition by now), TimeoutError or StateError,
        and then nothing of it will ever be read: whoever takes the id next, or the transaction's time-out, aborts it.
        """
        # Without aiokafka's context manager: after a failure it waits for Kafka to abort, however long Kafka is silent.
        async with asyncio.timeout(self._timeout_s):
            await self._producer.begin_transaction()
            others = [
                *await self._send_keyed(self._topics.dead_letters, dead_letters),
                *await self._send(self._topics.status_changes, self._partition, status_changes),
            ]
            sent = await self._send(self._topics.changelog, self._partition, items)
            answers = await _answers([*others, *sent])
            await self._producer.commit_transaction()
        # The last RECORD, as the broker named it; where the marker behind it stands isn't ours to guess.
        return int(answers[-1].offset) + sent[-1].count - 1

    async def _send_keyed(self, topic: str, records: Sequence[Keyed]) -> list[Sent]:
        """Send records to the partitions that their keys belong to."""
        if not records:
            return []
        count = len(await self._producer.partitions_for(topic))
        partitions = partitions_of([key for key, _ in records], count)
        batches = record_batches.batches_of(self._producer, records, partitions, at_ms=None)
        return [await self._ship(batch, topic, partition) for partition, batch in batches]

    async def _send(self, topic: str, partition: int, items: Sequence[TableItem] | Sequence[Keyed]) -> list[Sent]:
        """Send items in as few batches as they need."""
        batches = record_batches.batches(self._producer, items, at_ms=None)
        return [await self._ship(batch, topic, partition) for batch in batches]

    async def _ship(self, batch: BatchBuilder, topic: str, partition: int) -> Sent:
        count = batch.record_count()  # sending closes the batch
        return Sent(await self._producer.send_batch(batch, topic, partition=partition), count)


async def open_writers(settings: Settings, partitions: Iterable[int]) -> dict[int, ChangelogWriter]:
    """A started writer for each partition; raises what ChangelogWriter.start raises."""
    writers = {partition: ChangelogWriter(settings, partition) for partition in partitions}
    await asyncio.gather(*(writer.start() for writer in writers.values()))
    return writers


async def _answers(sent: Sequence[Sent]) -> list[RecordMetadata]:
    """The broker's answers; raises KafkaError where a send failed, StateError where an offset is missing."""
    answers = await asyncio.gather(*(batch.answer for batch in sent))
    if min(answer.offset for answer in answers) < 0:  # aiokafka's answer to a duplicate sequence: stored, but where?
        raise StateError("Kafka took a batch without saying at which offset; the checkpoint can't be placed")
    return list(answers)

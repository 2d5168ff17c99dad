"""Consumers of the topic of status changes: of no group, of every partition, of committed records alone."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import chain

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from api.feed_position import FeedPosition
from stream_app.log_ends import OpenTransaction, every_partition, started
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of
from stream_app.unreadable_batch import name_unreadable_batches

_FETCH_MAX_WAIT_MS = 100  # a fetch that waits for records holds back the questions behind it


class FeedConsumer:
    """One consumer, and the partitions that it has."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions

    @property
    def partitions(self) -> int:
        """How many there are."""
        return len(self._partitions)

    async def begin(self) -> FeedPosition:
        """The oldest records that the topic has."""
        return self._position_of(await self._consumer.beginning_offsets(self._partitions))

    async def end(self) -> FeedPosition:
        """The last stable offsets: behind an open transaction no committed record can be read, whoever wrote it."""
        return self._position_of(await self._consumer.end_offsets(self._partitions))

    async def position(self) -> FeedPosition:
        """What is read next, past transaction markers too."""
        return FeedPosition(tuple([await self._consumer.position(one) for one in self._partitions]))

    def held_back(self) -> list[OpenTransaction]:
        """The open transactions that nothing can be read behind, as the last fetch found it; without a round trip."""
        known = [
            (one, self._consumer.last_stable_offset(one), self._consumer.highwater(one)) for one in self._partitions
        ]
        return [
            OpenTransaction(one.topic, one.partition, stable, end)
            for one, stable, end in known
            if stable is not None and end is not None and stable < end
        ]

    def seek(self, position: FeedPosition) -> None:
        """Go on from there."""
        for one, offset in zip(self._partitions, position.offsets, strict=True):
            self._consumer.seek(one, offset)

    async def records(self, within_s: float, at_most: int) -> Iterable[ConsumerRecord]:
        """The next records, each partition's in order; none after `within_s` seconds without one."""
        found = await self._consumer.getmany(timeout_ms=round(within_s * 1000), max_records=at_most)
        return chain.from_iterable(found.values())

    def _position_of(self, offsets: dict[TopicPartition, int]) -> FeedPosition:
        return FeedPosition(tuple(offsets[one] for one in self._partitions))


@asynccontextmanager
async def feed_consumer(settings: Settings) -> AsyncIterator[FeedConsumer]:
    """A started consumer of all partitions, whose topic is made where there is none; raises what the client raises."""
    await ensure_topics(settings)
    topic = topics_of(settings).status_changes
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_brokers,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",  # an offset that is gone is said, not skipped
        fetch_max_wait_ms=_FETCH_MAX_WAIT_MS,
    )
    async with started(consumer):
        name_unreadable_batches(consumer)
        partitions = await every_partition(consumer, topic)
        consumer.assign(partitions)
        yield FeedConsumer(consumer, partitions)

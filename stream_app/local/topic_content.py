"""A topic read once, from its beginning to where it ended when the reading began."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream_app.errors import BrokerUnreachableError, StoreMonitorError
from stream_app.log_ends import TransactionOpenError, high_watermarks, open_transactions, stopped
from stream_app.unreadable_batch import name_unreadable_batches

START_TIMEOUT_S = 30.0
STALLED_AFTER_S = 30.0
HELD_BACK_AFTER_S = 10.0
_FETCH_WAIT_MS = 200


class TopicMissingError(StoreMonitorError):
    """Kafka has no such topic."""

    def __init__(self, topic: str, brokers: str) -> None:
        self.topic = topic
        super().__init__(
            f"Kafka at {brokers} has no topic {topic}: has store-monitor run there, with this TOPIC_PREFIX?"
        )


class ReadStalledError(StoreMonitorError):
    """Kafka stopped answering in the middle of a topic."""

    def __init__(self, topic: str, brokers: str) -> None:
        self.topic = topic
        super().__init__(f"reading {topic} at {brokers} came no further in {STALLED_AFTER_S:g} s; nothing was changed")


async def read_topic(brokers: str, topic: str, take: Callable[[Any], None]) -> int:
    """Give every committed record to `take`, each partition's in order; return how many partitions there are.

    Waits HELD_BACK_AFTER_S for transactions that are open in it. Raises BrokerUnreachableError, TopicMissingError,
    ReadStalledError, TransactionOpenError, UnreadableBatchError.
    """
    async with _consumer(brokers) as consumer:
        try:
            return await _read(consumer, topic, take, brokers)
        except (TimeoutError, KafkaError) as error:
            raise ReadStalledError(topic, brokers) from error


async def _read(consumer: AIOKafkaConsumer, topic: str, take: Callable[[Any], None], brokers: str) -> int:
    clock = asyncio.get_running_loop().time
    async with asyncio.timeout(STALLED_AFTER_S):
        if topic not in await consumer.topics():
            raise TopicMissingError(topic, brokers)
        partitions = [TopicPartition(topic, number) for number in range(await _partition_count(brokers, topic))]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await high_watermarks(brokers, partitions)
        positions = await _positions(consumer, partitions)
    moved_at = clock()
    while any(positions[partition] < end for partition, end in ends.items()):
        async with asyncio.timeout_at(moved_at + STALLED_AFTER_S):
            fetched = await consumer.getmany(timeout_ms=_FETCH_WAIT_MS)
            before, positions = positions, await _positions(consumer, partitions)
            if clock() > moved_at + HELD_BACK_AFTER_S:
                await _refuse_open_transactions(consumer, positions, ends)
        for records in fetched.values():
            for record in records:
                take(record)
        if positions != before:
            moved_at = clock()
    return len(partitions)


async def _refuse_open_transactions(
    consumer: AIOKafkaConsumer, positions: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> None:
    """Raise TransactionOpenError where something missing lies behind an open transaction."""
    missing = {partition: end for partition, end in ends.items() if positions[partition] < end}
    if transactions := open_transactions(missing, await consumer.end_offsets(list(missing))):
        raise TransactionOpenError(transactions, HELD_BACK_AFTER_S)


async def _partition_count(brokers: str, topic: str) -> int:
    """By an admin's client: a consumer knows the partitions only of topics that it has been assigned already."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    try:
        await admin.start()
        (described,) = await admin.describe_topics([topic])
        return len(described["partitions"])
    finally:
        await admin.close()


async def _positions(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
    return {partition: await consumer.position(partition) for partition in partitions}


@asynccontextmanager
async def _consumer(brokers: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, that sees only what is committed."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, isolation_level="read_committed", enable_auto_commit=False)
    try:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await consumer.start()
        except (KafkaError, TimeoutError) as error:
            raise BrokerUnreachableError(brokers) from error
        name_unreadable_batches(consumer)
        yield consumer
    finally:
        await stopped(consumer)

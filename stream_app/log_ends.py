"""Where partitions end: the high watermark, and how far below it an open transaction keeps readers.

A reader of committed records sees nothing from the first record of an open transaction on, whoever wrote what comes
behind it. Kafka calls that place the last stable offset (KIP-98). Whoever promises everything that was acknowledged has
to compare with the high watermark.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream_app.errors import StoreMonitorError

log = structlog.get_logger()

_STOP_WITHIN_S = 3.0
_REMEDY = (
    "it ends when its producer commits or aborts it, or its transaction.timeout.ms is over: kafka-transactions.sh "
    "describe-producers names the producer, and abort ends what it has left open"
)


@dataclass(frozen=True, slots=True, order=True)
class OpenTransaction:
    """A partition in which a transaction is open: readable below `readable`, written up to `end` (offsets)."""

    topic: str
    partition: int
    readable: int
    end: int

    def __str__(self) -> str:
        """For a reason that people read."""
        return (
            f"a transaction is open in {self.topic} partition {self.partition}: of its {self.end} records nothing from "
            f"offset {self.readable} on can be read"
        )


class TransactionOpenError(StoreMonitorError):
    """A topic can't be read to its end: transactions are open in it, and stayed so."""

    def __init__(self, transactions: Collection[OpenTransaction], waited_s: float) -> None:
        self.transactions = tuple(transactions)
        super().__init__(f"not everything could be read in {waited_s:g} s: {'; '.join(told(self.transactions))}")


def told(transactions: Sequence[OpenTransaction]) -> list[str]:
    """A sentence for each partition and, where there is one, a last one that says what to do.

    Whose transaction it is only Kafka's own tool asks: the client has no request for it.
    """
    return [*map(str, transactions), _REMEDY] if transactions else []


def open_transactions(
    ends: Mapping[TopicPartition, int], stable: Mapping[TopicPartition, int]
) -> list[OpenTransaction]:
    """The partitions whose last stable offset lies below the end, in order."""
    return sorted(
        OpenTransaction(tp.topic, tp.partition, stable[tp], end) for tp, end in ends.items() if stable[tp] < end
    )


@asynccontextmanager
async def started(consumer: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Start a consumer, and stop it at the end of the block; raises what the client raises."""
    try:
        await consumer.start()
        yield consumer
    finally:
        await stopped(consumer)


async def high_watermarks(brokers: str, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """The ends of these partitions, open transactions included; raises what the client raises.

    A consumer of its own: one that reads committed records is told the last stable offsets.
    """
    asked = AIOKafkaConsumer(bootstrap_servers=brokers, isolation_level="read_uncommitted", enable_auto_commit=False)
    async with started(asked) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(list(partitions))
    return ends


async def every_partition(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """All of a topic's partitions as they are now; asking for one of them makes the client learn of the others."""
    await consumer.end_offsets([TopicPartition(topic, 0)])
    return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]


async def stopped(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, in a few seconds also where Kafka no longer answers."""
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await consumer.stop()
    except TimeoutError:
        log.warning("consumer.stop_timed_out", seconds=_STOP_WITHIN_S)

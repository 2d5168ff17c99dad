"""Where the topics end: what a report triggered now must contain."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from typing import Literal, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from api.lag import Offsets
from stream_app.errors import ConfigurationError, StoreMonitorError
from stream_app.log_ends import OpenTransaction, open_transactions, stopped
from stream_app.settings import Settings
from stream_app.topic_ids import TopicIds, TopicIdsClient
from stream_app.topics import ensure_topics, topics_of

log = structlog.get_logger()

_Answer = TypeVar("_Answer")

_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 5.0
_CONNECT_WITHIN_S = 40.0
_METADATA_MAX_AGE_MS = 5_000  # how late it is noticed that the topics have other partitions


class EndsUnknownError(StoreMonitorError):
    """Where the topics end can't be said; the code is stable."""

    code: Literal["kafka_unavailable", "topics_unusable"]


class KafkaUnavailableError(EndsUnknownError):
    """Kafka did not say in time where its topics end."""

    code: Literal["kafka_unavailable"] = "kafka_unavailable"

    def __init__(self, brokers: str, what: str) -> None:
        self.brokers = brokers
        super().__init__(f"Kafka at {brokers} does not answer ({what})")


class TopicsUnusableError(EndsUnknownError):
    """The topics contradict each other, or what they were when this process began, or aren't those of the tables."""

    code: Literal["topics_unusable"] = "topics_unusable"


class KafkaEnds:
    """One consumer of no group, connected when it is first needed and again after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._committed: AIOKafkaConsumer | None = None  # asked for last stable offsets alone
        self._partitions = 0
        self._ids = TopicIdsClient(settings.kafka_brokers, topics_of(settings).kept)
        self.topic_ids: TopicIds = {}  # as of the ends that were told last, or later
        self._lock = asyncio.Lock()

    async def partitions(self) -> int:
        """How many partitions the topics have had since Kafka first answered; asks until then, ever less often."""
        wait_s = _FIRST_RETRY_S
        while not self._partitions:
            try:
                await self.end_offsets(_CONNECT_WITHIN_S)
            except EndsUnknownError as error:
                log.warning("kafka.unavailable", reason=str(error), retry_s=wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LAST_RETRY_S)
        return self._partitions

    async def end_offsets(self, within_s: float) -> Offsets:
        """The ends of both source topics in every partition now, open transactions included (high watermarks).

        Raises KafkaUnavailableError after `within_s` seconds, or as soon as Kafka refuses, and TopicsUnusableError.
        """
        return await self._answer(within_s, self._ends_and_topics)

    async def open_transactions(self, ends: Offsets, within_s: float) -> list[OpenTransaction]:
        """The transactions that keep what lies below these ends from the worker; raises as end_offsets does."""
        of_partition = _by_topic_partition(ends)

        async def ask() -> list[OpenTransaction]:
            async with AsyncExitStack() as undo:
                undo.push_async_callback(self.close)
                if self._committed is None:
                    self._committed = await self._started("read_committed")
                stable = await self._committed.end_offsets(list(of_partition))
                undo.pop_all()
            return open_transactions(of_partition, stable)

        return await self._answer(within_s, ask)

    async def _answer(self, within_s: float, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        try:
            async with asyncio.timeout(within_s), self._lock:
                return await ask()
        except TopicsUnusableError:
            raise
        except ConfigurationError as error:
            raise TopicsUnusableError(str(error)) from error
        except (KafkaError, StoreMonitorError, OSError, TimeoutError) as error:
            what = str(error) or f"{type(error).__name__} within {within_s:g} s"
            raise KafkaUnavailableError(self._settings.kafka_brokers, what) from error

    async def close(self) -> None:
        """Let go of the connection."""
        consumers = self._consumer, self._committed
        self._consumer = self._committed = None
        for consumer in consumers:
            if consumer is not None:
                await stopped(consumer)
        await self._ids.close()

    async def _ends_and_topics(self) -> Offsets:
        """The ends, and `topic_ids` as they are after that: ends of a topic that was made anew come with its new id."""
        if self._consumer is not None:
            await self._take_topics()  # the ends of a topic that is gone would be waited for
        ends = await self._ask()
        await self._take_topics()
        return ends

    async def _take_topics(self) -> None:
        try:
            found = await self._ids.ask()
        except KafkaError:
            await self._ids.close()  # a connection that failed is made anew the next time
            raise
        if found.missing:
            raise TopicsUnusableError(f"there is no topic {', '.join(sorted(found.missing))} any more: it was deleted")
        for topic in topics_of(self._settings).sources:  # the consumer's own metadata may be some seconds old
            self._check_count(range(found.partitions[topic]))
        self.topic_ids = found.ids

    async def _ask(self) -> Offsets:
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.close)  # a connection that failed is made anew the next time
            if self._consumer is None:
                self._consumer = await self._connect()
            topics = topics_of(self._settings).sources
            for topic in topics:
                self._check_count(self._consumer.partitions_for_topic(topic))
            of = [TopicPartition(topic, partition) for topic in topics for partition in range(self._partitions)]
            ends = await self._consumer.end_offsets(of)
            undo.pop_all()
        return tuple(
            {topic: ends[TopicPartition(topic, partition)] for topic in topics} for partition in range(self._partitions)
        )

    async def _connect(self) -> AIOKafkaConsumer:
        """A started consumer; the topics are created where the worker has not come to it yet."""
        count = await ensure_topics(self._settings)
        self._partitions = self._partitions or count
        self._check_count(range(count))
        return await self._started("read_uncommitted")

    async def _started(self, isolation_level: str) -> AIOKafkaConsumer:
        """A consumer to ask for ends: high watermarks under read_uncommitted, last stable offsets else."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_brokers,
            isolation_level=isolation_level,
            enable_auto_commit=False,
            metadata_max_age_ms=_METADATA_MAX_AGE_MS,
        )
        async with AsyncExitStack() as undo:
            undo.push_async_callback(stopped, consumer)
            await consumer.start()
            undo.pop_all()
        return consumer

    def _check_count(self, partitions: Collection[int] | None) -> None:
        """Raise TopicsUnusableError where these aren't as many as at first; None says that they aren't known yet."""
        if partitions is not None and len(partitions) != self._partitions:
            raise TopicsUnusableError(
                f"the topics have {len(partitions)} partitions now, but had {self._partitions} when the API started: "
                "they were changed or made anew, and the tables are those of the old ones. Start everything again, "
                "with --fresh or with another --state-dir and APP_ID"
            )


async def known_transactions(kafka: KafkaEnds, ends: Offsets, within_s: float) -> list[OpenTransaction]:
    """Those that Kafka tells of in time; none where it doesn't, as the tables lag whether it does or not."""
    try:
        return await kafka.open_transactions(ends, within_s)
    except EndsUnknownError as error:
        log.warning("kafka.transactions_unknown", reason=str(error))
        return []


def _by_topic_partition(offsets: Offsets) -> dict[TopicPartition, int]:
    return {
        TopicPartition(topic, partition): offset
        for partition, of_partition in enumerate(offsets)
        for topic, offset in of_partition.items()
    }

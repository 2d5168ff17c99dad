"""What the broker knows, asked from outside: where topics end, and what groups have committed."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

Ends: TypeAlias = dict[tuple[str, int], int]
"""The offset behind the last record of each topic and partition."""


class KafkaView:
    """A client without a group, on an event loop of its own, so that synchronous code can ask."""

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._runner.run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._runner.run(self._stop())
        finally:
            self._runner.__exit__(kind, error, trace)

    def ends(self, topics: Iterable[str]) -> Ends:
        """Where the topics end now; raises KeyError for one that doesn't exist."""
        return self._runner.run(self._ends(list(topics)))

    def committed(self, group: str, topic: str) -> int:
        """The records of a topic that a group has committed, over all partitions of a topic that starts at 0."""
        return self._runner.run(self._committed(group, topic))

    async def _start(self) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=self._brokers, group_id=None)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._brokers)
        await self._consumer.start()
        await self._admin.start()

    async def _stop(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def _ends(self, topics: list[str]) -> Ends:
        described = await self._admin.describe_topics(topics)
        counts = {topic["topic"]: len(topic["partitions"]) for topic in described}
        tps = [TopicPartition(topic, partition) for topic in topics for partition in range(counts[topic])]
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(tps)
        return {(tp.topic, tp.partition): end for tp, end in ends.items()}

    async def _committed(self, group: str, topic: str) -> int:
        try:
            offsets = await self._admin.list_consumer_group_offsets(group)
        except GroupCoordinatorNotAvailableError:  # the broker is still making its topic for offsets
            return 0
        return sum(max(0, found.offset) for tp, found in offsets.items() if tp.topic == topic)

"""The worker's part for streams of status changes: committed records on their topic, and what the topic holds."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from stream_app.domain.partitions import partition_of
from stream_app.local.topic_content import read_topic
from tests.support.api_place import PARTITIONS, Place

NAMES = {"active": "up", "inactive": "down"}


class Change(NamedTuple):
    """A change as a stream tells it."""

    store_id: str
    status: str
    since: str
    corrected: bool = False


def change(store_id: str, minute: int, *, is_active: bool = False) -> Change:
    """A store's change in some minute of a day."""
    return Change(store_id, "up" if is_active else "down", f"2023-01-25T{minute // 60:02}:{minute % 60:02}:00Z")


class StatusTopic:
    """The topic of one test's place."""

    def __init__(self, place: Place) -> None:
        self._brokers = place.environment["KAFKA_BROKERS"]
        self._topic = f"{place.environment['TOPIC_PREFIX']}store-status-changes"
        self._app = place.environment["APP_ID"]

    def say(self, changes: Sequence[Change], *, is_aborted: bool = False) -> None:
        """One transaction a partition, as checkpoints make them."""
        by_partition: dict[int, list[Change]] = defaultdict(list)
        for one in changes:
            by_partition[partition_of(one.store_id.encode(), PARTITIONS)].append(one)
        asyncio.run(self._say(by_partition, is_aborted=is_aborted))

    def held(self) -> list[Change]:
        """What the topic holds, read_committed, partition by partition."""
        records: list[Any] = []
        asyncio.run(read_topic(self._brokers, self._topic, records.append))
        records.sort(key=lambda record: (record.partition, record.offset))
        return [_change(record.value) for record in records]

    async def _say(self, by_partition: dict[int, list[Change]], *, is_aborted: bool) -> None:
        for partition, changes in by_partition.items():
            producer = AIOKafkaProducer(
                bootstrap_servers=self._brokers, transactional_id=f"{self._app}-said-{partition}"
            )
            await producer.start()
            try:
                await producer.begin_transaction()
                for one in changes:
                    await producer.send(self._topic, _value(one), one.store_id.encode(), partition)
                await (producer.abort_transaction() if is_aborted else producer.commit_transaction())
            finally:
                await producer.stop()


def _value(one: Change) -> bytes:
    status = next(name for name, shown in NAMES.items() if shown == one.status)
    body = {"store_id": one.store_id, "status": status, "since_utc": one.since, "corrected": one.corrected}
    return msgspec.json.encode(body)


def _change(value: bytes) -> Change:
    body = msgspec.json.decode(value)
    return Change(body["store_id"], NAMES[body["status"]], body["since_utc"], body["corrected"])

"""A rebuild from a changelog that is being compacted, or that ends in a transaction that was aborted."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from signal import SIGCONT

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.faults.comparison import SAME
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.faults.source import PARTITIONS
from tests.support.waiting import comes_true

CLEANED_LATER = {
    "cleanup.policy": "compact",
    "segment.bytes": str(1 << 20),  # the least that Kafka takes
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "3600000",
}
CLEANED_NOW = {**CLEANED_LATER, "min.compaction.lag.ms": "0"}
OFTEN = {"log.cleaner.backoff.ms": "200"}  # otherwise the cleaner looks every 15 s
NODE = "1"  # the embedded broker's
CLEANED_WITHIN_S = 40
LONG_SESSION = "60"


def test_rebuild_while_the_changelog_is_compacted_is_right(service: Service) -> None:
    asyncio.run(changed(service, create_changelog))
    (worker,) = service.catches_up(service.start())
    worker.kill()
    shutil.rmtree(worker.data_dir)
    rebuilding = service.start(fault=Fault(Point.RECOVER, 2, Action.STOP), SESSION_TIMEOUT=LONG_SESSION).stops_itself()
    written = len(service.changelog())
    asyncio.run(changed(service, clean_changelog))

    assert comes_true(lambda: len(service.changelog()) < written, CLEANED_WITHIN_S), "the cleaner didn't run"
    rebuilding.signal(SIGCONT)

    (rebuilt,) = service.catches_up(rebuilding, restarts=0)
    assert service.kept_differences(rebuilt) == SAME
    assert service.changelog_differences() == SAME


def test_rebuild_ends_where_the_changelog_ends_in_an_aborted_transaction(service: Service) -> None:
    (worker,) = service.catches_up(service.start())
    worker.kill()
    shutil.rmtree(worker.data_dir)
    asyncio.run(abort_a_transaction(service))

    (rebuilt,) = service.catches_up(service.start(), restarts=0)

    assert service.kept_differences(rebuilt) == SAME


Change = Callable[[AIOKafkaAdminClient, str], Awaitable[None]]


async def changed(service: Service, change: Change) -> None:
    """Change something about the changelog."""
    admin = AIOKafkaAdminClient(bootstrap_servers=service.source.brokers)
    await admin.start()
    try:
        await change(admin, service.topics.changelog)
    finally:
        await admin.close()


async def create_changelog(admin: AIOKafkaAdminClient, name: str) -> None:
    """Before the worker does, which takes what is there; nothing is cleaned yet."""
    await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=CLEANED_LATER)])


async def clean_changelog(admin: AIOKafkaAdminClient, name: str) -> None:
    """Have the broker begin at once."""
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, CLEANED_NOW)])
    await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, NODE, OFTEN)])


async def abort_a_transaction(service: Service) -> None:
    """Of another producer, in every partition of the changelog, on a key that is there."""
    store_id = next(iter(service.source.expected.polls))
    producer = AIOKafkaProducer(bootstrap_servers=service.source.brokers, transactional_id=f"{service.app_id}-stranger")
    await producer.start()
    try:
        await producer.begin_transaction()
        for partition in range(PARTITIONS):
            await producer.send_and_wait(service.topics.changelog, b"not a value", store_id.encode(), partition)
        await producer.abort_transaction()
    finally:
        await producer.stop()

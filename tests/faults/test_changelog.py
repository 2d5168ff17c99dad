"""A rebuild from a changelog that is being compacted, or that ends in a transaction that was aborted."""

import asyncio
import shutil
from signal import SIGCONT

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.faults.comparison import SAME
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.faults.source import PARTITIONS
from tests.support.waiting import comes_true

COMPACTS_EAGERLY = {
    "cleanup.policy": "compact",
    "segment.bytes": str(1 << 20),  # the least that Kafka takes
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
}
CLEANED_WITHIN_S = 40  # the cleaner looks every 15 s
LONG_SESSION = "60"


def test_rebuild_while_the_changelog_is_compacted_is_right(service: Service) -> None:
    asyncio.run(make_changelog(service))
    (worker,) = service.catches_up(service.start())
    worker.kill()
    shutil.rmtree(worker.data_dir)
    written = len(service.changelog())
    rebuilding = service.start(fault=Fault(Point.RECOVER, 2, Action.STOP), SESSION_TIMEOUT=LONG_SESSION).stops_itself()

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


async def make_changelog(service: Service) -> None:
    """Before the worker does: it takes what is there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=service.source.brokers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(service.topics.changelog, PARTITIONS, 1, topic_configs=COMPACTS_EAGERLY)])
    finally:
        await admin.close()


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

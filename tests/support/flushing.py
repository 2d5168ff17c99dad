"""Turning the embedded broker's flushing off and on while it runs, to see what it is good for and what it costs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

_SETTING = "log.flush.interval.messages"
_NODE_ID = "1"  # server.properties says so
_NEVER = str(2**63 - 1)  # Kafka's default


def stop_flushing(brokers: str) -> None:
    """Leave it to the system when what is acknowledged reaches the disk, as Kafka does by default."""
    asyncio.run(_alter(brokers, {_SETTING: _NEVER}))


@contextmanager
def without_flushing(brokers: str) -> Iterator[None]:
    """The broker doesn't flush while the block runs."""
    stop_flushing(brokers)
    try:
        yield
    finally:
        asyncio.run(_alter(brokers, {}))  # what isn't named goes back to server.properties


async def _alter(brokers: str, settings: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        answers = await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, _NODE_ID, settings)])
        assert all(code == 0 for answer in answers for code, *_ in answer.resources), answers
    finally:
        await admin.close()

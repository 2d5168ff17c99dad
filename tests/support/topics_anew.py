"""Topics that are deleted under a service, and made again."""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient

from stream_app.settings import Settings
from stream_app.topic_ids import TopicIdsClient
from stream_app.topics import ensure_topics

_WITHIN_S = 30


def delete_topics(settings: Settings, *names: str) -> None:
    """Delete topics, and return once they are gone."""
    asyncio.run(asyncio.wait_for(_delete(settings, names), _WITHIN_S))


def make_anew(settings: Settings, *names: str) -> None:
    """Delete topics and create them as the service does; each has another id then."""
    before = topic_ids(settings, *names)
    delete_topics(settings, *names)
    asyncio.run(asyncio.wait_for(ensure_topics(settings), _WITHIN_S))
    after = topic_ids(settings, *names)
    assert all(before[name] != after[name] for name in names)


def topic_ids(settings: Settings, *names: str) -> dict[str, str]:
    """Kafka's own ids of topics that exist."""

    async def ask() -> dict[str, str]:
        client = TopicIdsClient(settings.kafka_brokers, names)
        try:
            found = await client.ask()
        finally:
            await client.close()
        assert not found.missing
        return dict(found.ids)

    return asyncio.run(asyncio.wait_for(ask(), _WITHIN_S))


async def _delete(settings: Settings, names: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
        while any(topic["error_code"] == 0 for topic in await admin.describe_topics(list(names))):
            await asyncio.sleep(0.05)
    finally:
        await admin.close()

"""The topics as a real Kafka has them: their creation, and their ids."""

import asyncio
import time
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.protocol.metadata import MetadataRequest_v4
from structlog.testing import capture_logs

from stream_app.errors import ConfigurationError
from stream_app.settings import Settings
from stream_app.topic_ids import FoundTopics, MetadataRequest_v10, TopicIdsClient, TopicsRequest
from stream_app.topics import ensure_topics, topics_of
from tests.support.kafka import RunningKafka
from tests.support.topics_anew import make_anew, topic_ids

SHOWN_WITHIN_S = 20


@pytest.fixture
def settings(kafka: RunningKafka) -> Settings:
    name = f"t{time.time_ns()}"
    return Settings(kafka_brokers=kafka.address.bootstrap, topic_prefix=f"{name}-", app_id=name, partitions=4)


async def create(settings: Settings, **partitions: int) -> None:
    """Topics by their field of Topics; returns once Kafka shows them, a moment after it has answered."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    try:
        names = topics_of(settings)
        await admin.create_topics([NewTopic(getattr(names, name), count, 1) for name, count in partitions.items()])
        async with asyncio.timeout(SHOWN_WITHIN_S):
            while len(await counts(settings)) < len(partitions):
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def counts(settings: Settings) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    await admin.start()
    try:
        names = topics_of(settings)
        described = await admin.describe_topics([*names.co_partitioned, names.dead_letters])
        return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}
    finally:
        await admin.close()


def test_dead_letters_partitions_say_nothing_about_those_of_the_other_topics(settings: Settings) -> None:
    asyncio.run(create(settings, dead_letters=1))

    assert asyncio.run(ensure_topics(settings)) == 4

    names = topics_of(settings)
    assert asyncio.run(counts(settings)) == {**dict.fromkeys(names.co_partitioned, 4), names.dead_letters: 1}


@pytest.mark.parametrize("existing", ["polls", "calendars", "changelog", "status_changes"])
def test_new_topics_get_as_many_partitions_as_those_that_they_must_meet_in(settings: Settings, existing: str) -> None:
    asyncio.run(create(settings, **{existing: 2, "dead_letters": 3}))

    assert asyncio.run(ensure_topics(settings)) == 2

    names = topics_of(settings)
    assert asyncio.run(counts(settings)) == {**dict.fromkeys(names.co_partitioned, 2), names.dead_letters: 3}


def test_nothing_is_created_beside_topics_that_contradict_each_other(settings: Settings) -> None:
    asyncio.run(create(settings, polls=2, calendars=3))

    with pytest.raises(ConfigurationError, match="must have one number of partitions"):
        asyncio.run(ensure_topics(settings))

    assert set(asyncio.run(counts(settings))) == set(topics_of(settings).sources)


def test_kafka_tells_the_ids_of_topics_and_which_of_them_do_not_exist(settings: Settings) -> None:
    names = topics_of(settings)

    async def ask() -> tuple[dict[str, str], set[str]]:
        client = TopicIdsClient(settings.kafka_brokers, names.kept)
        found = await client.ask()
        await client.close()
        return dict(found.ids), found.missing

    before = asyncio.run(ask())
    asyncio.run(ensure_topics(settings))
    ids, missing = asyncio.run(ask())

    assert before == ({}, set(names.kept))
    assert (set(ids), missing) == (set(names.kept), set())
    assert len({UUID(topic_id) for topic_id in ids.values()}) == len(names.kept)


def test_topic_that_is_made_anew_has_another_id_and_the_others_keep_theirs(settings: Settings) -> None:
    asyncio.run(ensure_topics(settings))
    names = topics_of(settings)
    before = topic_ids(settings, *names.kept)

    make_anew(settings, names.polls)

    after = topic_ids(settings, *names.kept)
    assert {name for name in names.kept if before[name] != after[name]} == {names.polls}


@pytest.mark.parametrize(("newest", "request_class"), [(12, MetadataRequest_v10), (9, MetadataRequest_v4)])
def test_newest_version_that_a_broker_speaks_is_asked_in(newest: int, request_class: type[object]) -> None:
    assert isinstance(TopicsRequest(["a"]).prepare({TopicsRequest.API_KEY: (0, newest)}), request_class)


def test_broker_before_ids_tells_what_exists_and_one_warning_says_what_it_means(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = topics_of(settings)
    asyncio.run(create(settings, polls=1))
    monkeypatch.setattr(TopicsRequest, "_CLASSES", (MetadataRequest_v4,))  # the newest that such a broker speaks

    async def ask_twice() -> list[FoundTopics]:
        client = TopicIdsClient(settings.kafka_brokers, names.kept)
        answers = [await client.ask(), await client.ask()]
        await client.close()
        return answers

    with capture_logs() as logged:
        answers = asyncio.run(ask_twice())

    assert answers == [FoundTopics({}, {names.polls: 1}, {names.calendars, names.changelog})] * 2
    assert [event["event"] for event in logged] == ["topics.without_ids"]

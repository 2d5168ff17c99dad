"""The newest dead letters, read from a real Kafka."""

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from api.dead_letter_tail import SHOWN, DeadLetterTail, Tail
from api.kafka_ends import KafkaUnavailableError
from stream_app.dead_letters import DeadLetterItem, FileSource, row_letter
from stream_app.domain.rejection import Reason, Rejected
from stream_app.settings import Settings
from stream_app.topics import topics_of
from tests.support.api_place import make_place
from tests.support.kafka import RunningKafka
from tests.support.live_api import NOBODY_LISTENS

AT_S = 1_700_000_000.0


def letter(row: int, reason: Reason = Reason.BAD_DAY, raw: bytes = b"a,b") -> DeadLetterItem:
    return row_letter(Rejected(reason, "x"), FileSource("a.csv", row), raw, AT_S + row, None)


def tail_after(settings: Settings, records: list[tuple[bytes, bytes | None]], max_offsets: int = 1000) -> Tail:
    """What is read once these records are in the topic, in one partition."""

    async def read() -> Tail:
        producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
        await producer.start()
        try:
            for key, value in records:
                await producer.send(topics_of(settings).dead_letters, value, key, 0)
            await producer.flush()
        finally:
            await producer.stop()
        return await DeadLetterTail(settings, max_offsets).read()

    return asyncio.run(read())


@pytest.fixture
def settings(tmp_path: Path, kafka: RunningKafka) -> Settings:
    return Settings.model_validate(make_place(tmp_path, kafka).environment)


def test_an_empty_topic_holds_nothing_and_that_is_all(settings: Settings) -> None:
    found = tail_after(settings, [])

    assert (found.counts.total(), list(found.newest), found.is_whole) == (0, [], True)


def test_a_letter_counts_once_and_one_that_was_cleared_not_at_all(settings: Settings) -> None:
    first, second, third = letter(1), letter(2, Reason.BAD_HOURS), letter(3)

    found = tail_after(settings, [first, second, first, third, (third[0], None), (b"stranger", b"no letter")])

    assert found.counts == {"bad_day": 1, "bad_hours": 1}
    assert [each.reason for each in found.newest] == ["bad_hours", "bad_day"]
    assert found.is_whole


def test_of_a_long_topic_the_newest_are_read_and_said_to_be_a_part(settings: Settings) -> None:
    found = tail_after(settings, [letter(row) for row in range(300)], max_offsets=400)

    assert not found.is_whole
    assert found.counts == {"bad_day": 100}
    assert len(found.newest) == SHOWN
    assert found.newest[0].source == FileSource("a.csv", 299)


def test_of_a_long_input_its_beginning_is_kept_and_its_length(settings: Settings) -> None:
    found = tail_after(settings, [letter(1, raw=b"x" * 5000)])

    assert len(found.newest[0].raw) == 200
    assert found.newest[0].raw_bytes == 5000


def test_a_broker_that_is_away_is_said(tmp_path: Path) -> None:
    settings = Settings.model_validate({"KAFKA_BROKERS": NOBODY_LISTENS, "DATA_DIR": str(tmp_path)})

    with pytest.raises(KafkaUnavailableError):
        asyncio.run(DeadLetterTail(settings).read())


@pytest.mark.parametrize("partitions", [1, 8])
def test_topic_with_other_partitions_than_the_polls_is_read_whole(
    tmp_path: Path, kafka: RunningKafka, partitions: int
) -> None:
    place = make_place(tmp_path, kafka)
    settings = Settings.model_validate(place.environment)
    topic = topics_of(settings).dead_letters

    async def read_before_and_after() -> tuple[Tail, Tail]:
        reader = DeadLetterTail(settings)
        await file_letters(range(4), range(40))
        before = await reader.read()
        await make_anew()
        await file_letters(range(partitions), range(40))
        reader._found = None  # kept for seconds else
        return before, await reader.read()

    async def make_anew() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
        await admin.start()
        try:
            await admin.delete_topics([topic])
            async with asyncio.timeout(30):
                while topic in await admin.list_topics():
                    await asyncio.sleep(0.1)
                while (await admin.create_topics([NewTopic(topic, partitions, 1)])).topic_errors[0][1]:
                    await asyncio.sleep(0.1)
        finally:
            await admin.close()

    async def file_letters(numbers: range, rows: range) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
        await producer.start()
        try:
            for row in rows:
                key, value = letter(row)
                await producer.send(topic, value, key, numbers[row % len(numbers)])
            await producer.flush()
        finally:
            await producer.stop()

    before, after = asyncio.run(read_before_and_after())

    assert (before.counts.total(), before.is_whole) == (40, True)
    assert (after.counts.total(), after.is_whole) == (40, True)

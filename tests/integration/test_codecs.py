"""Every codec that Kafka has, on every topic that the service reads, written by another client."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from aiokafka.record.memory_records import MemoryRecords
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource

from stream_app.dead_letters import FileSource, row_letter
from stream_app.domain.rejection import Reason, Rejected
from stream_app.local.dead_letter_box import read_dead_letters
from stream_app.settings import Settings
from stream_app.topics import Topics, ensure_topics, topics_of
from tests.support import foreign_producer
from tests.support.event_source import event_source
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.waiting import comes_true
from tests.support.worker_process import Worker

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
STORES = 60
WITHIN_S = 45

each_codec = pytest.mark.parametrize("codec", CODECS)


@dataclass
class Service:
    """A worker and a sidecar, on topics of their own."""

    folder: Path
    kafka: RunningKafka
    environment: dict[str, str] = field(init=False)
    topics: Topics = field(init=False)

    def __post_init__(self) -> None:
        name = f"t{time.time_ns()}-"
        self.environment = api_environment(
            self.folder,
            self.kafka.address.bootstrap,
            TOPIC_PREFIX=name,
            APP_ID=f"{name}app",
            DATA_DIRS=str(self.folder / "worker"),
            SESSION_TIMEOUT="6",
            PUSH_KEPT_EVENTS="4",
        )
        self.topics = topics_of(self.settings)
        asyncio.run(ensure_topics(self.settings))

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(self.environment)

    def send(self, topic: str, records: list[foreign_producer.Record], codec: str) -> None:
        foreign_producer.send(self.kafka.address.bootstrap, topic, records, codec)

    def set_codec(self, topic: str, codec: str) -> None:
        """Have the broker compress what it stores, whoever sends it."""
        name = "uncompressed" if codec == "none" else codec
        entry = ConfigEntry("compression.type", name, incremental_operation=AlterConfigOpType.SET)
        admin = AdminClient({"bootstrap.servers": self.kafka.address.bootstrap})
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
        (done,) = admin.incremental_alter_configs([resource]).values()
        done.result(WITHIN_S)

    def codecs_stored(self, topic: str) -> set[int]:
        """The codecs of the batches in the broker's own files."""
        found: set[int] = set()
        for segment in (self.kafka.broker.path / "data").glob(f"{topic}-?/*.log"):
            records = MemoryRecords(segment.read_bytes())
            while records.has_next():
                found.add(records.next_batch().compression_type)
        return found

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        with Worker("worker", self.folder, self.environment).ended_with_the_test() as worker:
            yield worker


@dataclass(frozen=True)
class Running:
    """The service with its sidecar."""

    service: Service
    sidecar: Sidecar


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka) -> Iterator[Running]:
    service = Service(tmp_path_factory.mktemp("codecs"), kafka)
    with service.worker(), running_sidecar(service.environment) as sidecar:
        assert sidecar.becomes_ready(WITHIN_S)
        yield Running(service, sidecar)


def stores(codec: str, about: str = "polled") -> list[str]:
    return [f"{about}-{codec}-{number}" for number in range(STORES)]


def polls(ids: list[str]) -> list[foreign_producer.Record]:
    told = {"status": "active", "timestamp_utc": "2023-01-25 12:00:00 UTC"}
    return [(store_id.encode(), json.dumps({"store_id": store_id, **told}).encode()) for store_id in ids]


def reported(sidecar: Sidecar) -> set[str]:
    return {row.split(",")[0] for row in sidecar.csv().decode().splitlines()[1:]}


@each_codec
def test_polls_of_every_codec_are_in_the_report(running: Running, codec: str) -> None:
    running.service.send(running.service.topics.polls, polls(stores(codec)), codec)

    assert set(stores(codec)) <= reported(running.sidecar)
    assert CODECS[codec] in running.service.codecs_stored(running.service.topics.polls)


@each_codec
def test_calendars_of_every_codec_are_in_the_stores_hours(running: Running, codec: str) -> None:
    ids = stores(codec, "calendar")
    told = {"timezone": "America/Denver", "hours": [{"day": 0, "start": "09:00", "end": "17:30"}]}
    calendars = [(each.encode(), json.dumps({"store_id": each, **told}).encode()) for each in ids]
    running.service.send(running.service.topics.polls, polls(ids), "none")
    running.service.send(running.service.topics.calendars, calendars, codec)

    assert running.sidecar.becomes_ready(WITHIN_S)
    assert {running.sidecar.get(f"/stores/{each}/hours")["zone"] for each in ids} == {"America/Denver"}
    assert CODECS[codec] in running.service.codecs_stored(running.service.topics.calendars)


@each_codec
def test_status_changes_of_every_codec_are_streamed_and_read_again(running: Running, codec: str) -> None:
    ids = stores(codec, "changed")
    value = {"status": "inactive", "since_utc": "2023-01-25T00:01:00Z", "corrected": False}
    changes = [(each.encode(), msgspec.json.encode({"store_id": each, **value})) for each in ids]
    url = str(running.sidecar.http.base_url)
    with event_source(url, f"/events?q=changed-{codec}") as stream:
        begin = stream.next().id
        running.service.send(running.service.topics.status_changes, changes, codec)
        followed = {one.data["store_id"] for one in stream.take(STORES)}
    with event_source(url, f"/events?q=changed-{codec}", last_id=begin) as resumed:  # four are kept, others read anew
        resumed.next()
        again = {one.data["store_id"] for one in resumed.take(STORES)}

    assert followed == again == set(ids)
    assert CODECS[codec] in running.service.codecs_stored(running.service.topics.status_changes)


@each_codec
def test_dead_letters_of_every_codec_are_on_the_page_and_in_the_command(running: Running, codec: str) -> None:
    service = running.service
    letters = [
        row_letter(Rejected(Reason.BAD_DAY, "x"), FileSource(f"{codec}.csv", row), b"a,b", time.time(), None)
        for row in range(STORES)
    ]
    service.send(service.topics.dead_letters, letters, codec)

    box = asyncio.run(read_dead_letters(service.settings.kafka_brokers, service.topics.dead_letters))
    assert sum(each.letter.source == FileSource(f"{codec}.csv", 7) for each in box.filed) == 1
    assert comes_true(lambda: f"{codec}.csv, row" in running.sidecar.http.get("/ui/problems").text, WITHIN_S)
    assert CODECS[codec] in service.codecs_stored(service.topics.dead_letters)


def test_state_is_rebuilt_from_a_changelog_that_the_broker_compresses_in_every_way(
    tmp_path: Path, kafka: RunningKafka
) -> None:
    service = Service(tmp_path, kafka)
    with running_sidecar(service.environment) as sidecar:
        with service.worker():
            for codec in CODECS:
                service.set_codec(service.topics.changelog, codec)
                service.set_codec(service.topics.polls, codec)
                service.send(service.topics.polls, polls(stores(codec)), "none")
                assert set(stores(codec)) <= reported(sidecar)
        before = sidecar.csv()
        shutil.rmtree(tmp_path / "worker")
        with service.worker():
            assert sidecar.becomes_ready(WITHIN_S)
            after = sidecar.csv()

    assert after == before
    assert service.codecs_stored(service.topics.changelog) == set(CODECS.values())

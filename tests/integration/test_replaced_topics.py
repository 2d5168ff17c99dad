"""Topics that are made anew below a kept state: nothing of the new one is skipped without a word."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from stream_app.domain.partitions import partition_of
from stream_app.settings import Settings
from stream_app.topics import Topics, ensure_topics, topics_of
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.topics_anew import delete_topics, make_anew, topic_ids
from tests.support.waiting import comes_true
from tests.support.worker_process import Worker

PARTITIONS = 4
FAILED = 3
WITHIN_S = 40
OLD = [f"old-{number}" for number in range(40)]
NEW = [f"new-{number}" for number in range(120)]  # more in each partition than were read of the old topic
BANNER = "Kafka&#39;s topics were replaced"


@dataclass(frozen=True, slots=True)
class Running:
    """A worker and an API over topics of their own, with polls and a calendar of each old store taken in."""

    folder: Path
    environment: dict[str, str]
    sidecar: Sidecar
    worker: Worker
    stack: ExitStack

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(self.environment)

    @property
    def topics(self) -> Topics:
        return topics_of(self.settings)

    def start_worker(self, name: str = "worker-1") -> Worker:
        return self.stack.enter_context(Worker(name, self.folder, self.environment).ended_with_the_test())

    def send(self, store_ids: list[str], minute: int) -> None:
        """A calendar and a poll of each store, acknowledged."""
        asyncio.run(_send(self.environment, store_ids, minute))

    @property
    def is_ready(self) -> bool:
        return self.sidecar.http.get("/health/ready").status_code == 200


@contextmanager
def running_service(folder: Path, kafka: RunningKafka) -> Iterator[Running]:
    name = f"t{time.time_ns()}"
    environment = api_environment(
        folder,
        kafka.address.bootstrap,
        TOPIC_PREFIX=f"{name}-",
        APP_ID=name,
        SESSION_TIMEOUT="6",
        REPORT_WAIT="5",
        DATA_DIRS=f"{folder}/worker-1 {folder}/worker-2",
    )
    asyncio.run(ensure_topics(Settings.model_validate(environment)))
    with ExitStack() as stack:
        sidecar = stack.enter_context(running_sidecar(environment))
        worker = stack.enter_context(Worker("worker-1", folder, environment).ended_with_the_test())
        running = Running(folder, environment, sidecar, worker, stack)
        running.send(OLD, minute=0)
        assert sidecar.becomes_ready(WITHIN_S)
        yield running


@pytest.fixture
def running(tmp_path: Path, kafka: RunningKafka) -> Iterator[Running]:
    with running_service(tmp_path, kafka) as running:
        yield running


def is_named_everywhere(running: Running, sidecar: Sidecar, topic: str, old: str) -> bool:
    """By readiness, reports and pages, with the ids and what to do."""
    new = topic_ids(running.settings, topic)[topic]
    reason = f"the topic {topic} of id {old}, which the state was read from, was made anew and has the id {new} now"
    ready = sidecar.http.get("/health/ready")
    report = sidecar.finished(sidecar.trigger())
    stale = sidecar.finished(sidecar.trigger(allow_stale="true"))
    assert (ready.status_code, ready.json()["code"]) == (503, "topics_unusable")
    assert any(reason in said and "--fresh" in said for said in ready.json()["reasons"])
    assert [report["code"], stale["code"]] == ["topics_unusable"] * 2
    assert reason in report["reason"]
    assert BANNER in sidecar.http.get(f"/ui/stores/{OLD[0]}", timeout=60).text
    return True


@pytest.mark.parametrize("topic", ["store-polls", "store-calendars"])
@pytest.mark.parametrize("is_stopped", [True, False])
def test_source_topic_made_anew_is_named_at_once_and_after_every_restart(
    running: Running, topic: str, *, is_stopped: bool
) -> None:
    name = f"{running.environment['TOPIC_PREFIX']}{topic}"
    old = topic_ids(running.settings, name)[name]
    before = running.sidecar.get("/health/ready")["partitions"]
    if is_stopped:
        running.worker.kill()
    make_anew(running.settings, name)
    running.send(NEW, minute=30)

    assert is_named_everywhere(running, running.sidecar, name, old)
    worker = running.start_worker() if is_stopped else running.worker
    assert worker.process.wait(WITHIN_S) != 0
    assert f'TopicReplacedError("the topic {name} of id {old}' in worker.output
    again = running.start_worker()
    assert again.process.wait(WITHIN_S) != 0
    assert is_named_everywhere(running, running.sidecar, name, old)
    after = running.sidecar.get("/health/ready")["partitions"]
    assert {(one["partition"], one["position"]) for one in after if one["topic"] == name} == {
        (one["partition"], one["position"]) for one in before if one["topic"] == name
    }
    with running_sidecar({**running.environment, "API_ADDRESS_FILE": str(running.folder / "second.json")}) as restarted:
        assert comes_true(lambda: restarted.get("/health/ready")["code"] == "topics_unusable", WITHIN_S)
        assert is_named_everywhere(running, restarted, name, old)


def test_deleted_topic_is_named_as_long_as_it_is_gone(running: Running) -> None:
    delete_topics(running.settings, running.topics.polls)

    ready = running.sidecar.get("/health/ready")

    assert ready["code"] == "topics_unusable"
    assert f"there is no topic {running.topics.polls} any more" in ready["reasons"][0]
    assert running.sidecar.finished(running.sidecar.trigger())["code"] == "topics_unusable"
    assert running.worker.process.wait(WITHIN_S) != 0
    assert f"the topic {running.topics.polls}" in running.worker.output


def test_changelog_deleted_below_a_running_service_is_named_and_then_whole_again(running: Running) -> None:
    before = running.sidecar.csv()
    delete_topics(running.settings, running.topics.changelog)

    gone = running.sidecar.get("/health/ready")
    assert running.worker.process.wait(WITHIN_S) == FAILED
    back = running.start_worker()

    assert gone["code"] == "topics_unusable"
    assert f"there is no topic {running.topics.changelog} any more" in gone["reasons"][0]
    assert comes_true(lambda: running.is_ready, WITHIN_S)
    assert back.output.count("changelog.written_whole") == PARTITIONS
    assert running.sidecar.csv() == before
    back.kill()
    pair = [running.start_worker("worker-1"), running.start_worker("worker-2")]
    assert comes_true(lambda: [len(one.partitions) for one in pair] == [2, 2], WITHIN_S)
    assert running.sidecar.csv() == before


def test_changelog_made_anew_is_named_until_the_worker_has_written_it(running: Running) -> None:
    name = running.topics.changelog
    before = running.sidecar.csv()
    running.worker.kill()
    make_anew(running.settings, name)

    ready = running.sidecar.http.get("/health/ready")
    report = running.sidecar.finished(running.sidecar.trigger())

    assert (ready.status_code, ready.json()["code"], report["code"]) == (503, "topics_unusable", "topics_unusable")
    assert f"the topic {name} of id" in report["reason"]
    assert BANNER in running.sidecar.http.get(f"/ui/stores/{OLD[0]}", timeout=60).text
    running.start_worker()
    assert comes_true(lambda: running.is_ready, WITHIN_S)
    assert running.sidecar.csv() == before


def test_database_of_a_deleted_changelog_is_not_read_in_place_of_the_one_that_is_worked_on(running: Running) -> None:
    before = running.sidecar.csv()
    running.worker.kill()
    make_anew(running.settings, running.topics.changelog)  # ends far before the old database's offset

    running.start_worker("worker-2")

    assert comes_true(lambda: running.is_ready, WITHIN_S)
    assert running.sidecar.csv() == before
    running.send(OLD[:1], minute=45)
    assert running.sidecar.csv() != before


async def _send(environment: dict[str, str], store_ids: list[str], minute: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=environment["KAFKA_BROKERS"])
    await producer.start()
    try:
        for store_id in store_ids:
            poll = {"store_id": store_id, "status": "active", "timestamp_utc": f"2023-01-25 12:{minute:02}:00 UTC"}
            calendar = {"store_id": store_id, "timezone": "UTC", "hours": []}
            for topic, value in (("store-polls", poll), ("store-calendars", calendar)):
                home = partition_of(store_id.encode(), PARTITIONS)
                await producer.send(
                    f"{environment['TOPIC_PREFIX']}{topic}", json.dumps(value).encode(), store_id.encode(), home
                )
        await producer.flush()
    finally:
        await producer.stop()

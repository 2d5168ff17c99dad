"""Another service's open transaction: what lies behind it can't be read, and nobody claims that it isn't there."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.dead_letter_tail import DeadLetterTail
from stream_app.dead_letters import DeadLetterItem, FileSource, row_letter
from stream_app.domain.partitions import partition_of
from stream_app.domain.rejection import Reason, Rejected
from stream_app.local.topic_content import read_topic
from stream_app.log_ends import TransactionOpenError
from stream_app.settings import Settings
from stream_app.topics import Topics, ensure_topics, topics_of
from tests.support import foreign_producer
from tests.support.api_place import PARTITIONS, Place, make_place
from tests.support.command import run
from tests.support.event_source import event_source
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, running_sidecar
from tests.support.status_topic import StatusTopic, change
from tests.support.worker_process import Worker

WITHIN_S = 45
EVERYWHERE = [f"s{number}" for number in range(40)]  # stores of every partition


@dataclass(frozen=True)
class Service:
    """A worker and a sidecar on topics of the test's own."""

    place: Place
    sidecar: Sidecar

    @property
    def topics(self) -> Topics:
        return topics_of(Settings.model_validate(self.place.environment))

    @property
    def brokers(self) -> str:
        return self.place.environment["KAFKA_BROKERS"]

    def post(self, ids: list[str]) -> None:
        body = [json.loads(value) for _, value in polls(ids)]
        assert self.sidecar.http.post("/polls", json=body).status_code == 202

    def report(self, **asked: str) -> dict[str, object]:
        return self.sidecar.finished(self.sidecar.trigger(**asked))

    def reported(self) -> set[str]:
        return {row.split(",")[0] for row in self.sidecar.csv().decode().splitlines()[1:]}


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    return make_place(tmp_path, kafka)


@pytest.fixture
def service(place: Place) -> Iterator[Service]:
    place.environment["DATA_DIRS"] = str(place.folder / "worker")
    with (
        Worker("worker", place.folder, place.environment).ended_with_the_test(),
        running_sidecar(place.environment) as sidecar,
    ):
        assert sidecar.becomes_ready(WITHIN_S)
        yield Service(place, sidecar)


def polls(ids: list[str]) -> list[foreign_producer.Record]:
    told = {"status": "active", "timestamp_utc": "2023-01-25 12:00:00 UTC"}
    return [(each.encode(), json.dumps({"store_id": each, **told}).encode()) for each in ids]


def letter(row: int) -> DeadLetterItem:
    return row_letter(Rejected(Reason.BAD_DAY, "x"), FileSource("a.csv", row), b"a,b", time.time() + row, None)


def test_polls_acknowledged_behind_an_open_transaction_are_missed_by_name_until_it_ends(service: Service) -> None:
    service.post(["before"])
    with foreign_producer.open_transaction(service.brokers, service.topics.polls, polls(EVERYWHERE)) as transaction:
        service.post(["behind"])
        failed = service.report()
        ready = service.sidecar.http.get("/health/ready")
        stale = service.report(allow_stale="true")
        transaction.commit()
    whole = service.reported()

    assert (failed["status"], failed["code"]) == ("Failed", "transaction_open")
    partition = partition_of(b"behind", PARTITIONS)
    named = f"a transaction is open in {service.topics.polls} partition {partition}"
    assert named in str(failed["reason"])
    assert "kafka-transactions.sh" in str(failed["reason"])
    assert ready.status_code == 503
    assert any(named in reason for reason in ready.json()["reasons"])
    behind = next(
        one
        for one in ready.json()["partitions"]
        if (one["topic"], one["partition"]) == (service.topics.polls, partition)
    )
    assert behind["is_held_back"]
    assert stale["status"] == "Complete"
    assert whole == {"before", "behind", *EVERYWHERE}


def test_report_waits_for_a_transaction_that_ends_in_time(service: Service) -> None:
    with foreign_producer.open_transaction(service.brokers, service.topics.polls, polls(EVERYWHERE)) as transaction:
        service.post(["behind"])
        report_id = service.sidecar.trigger()
        assert service.sidecar.get(f"/get_report/{report_id}")["status"] == "Running"
        transaction.commit()
        ended = service.sidecar.finished(report_id)

    assert ended["status"] == "Complete"
    assert service.sidecar.http.get(ended["url"]).text.count("\n") == 1 + 1 + len(EVERYWHERE)


def test_aborted_polls_count_for_nothing_and_their_markers_are_read_to_the_end(service: Service) -> None:
    service.post(["counts"])
    with foreign_producer.open_transaction(service.brokers, service.topics.polls, polls(EVERYWHERE)) as transaction:
        transaction.abort()

    assert service.sidecar.becomes_ready(WITHIN_S)  # every partition's last record is a marker
    assert service.reported() == {"counts"}
    positions = service.sidecar.get("/health/ready")["partitions"]
    assert all(one["position"] == one["end"] for one in positions)
    assert sum(one["end"] for one in positions) == 1 + len(EVERYWHERE) + PARTITIONS


def test_calendars_behind_an_open_transaction_are_missed_by_name_too(service: Service) -> None:
    service.post(["counts"])
    calendar = (b"counts", b'{"timezone": "America/Denver", "hours": []}')
    with foreign_producer.open_transaction(service.brokers, service.topics.calendars, [calendar]):
        failed = service.report()

    assert failed["code"] == "transaction_open"
    assert f"a transaction is open in {service.topics.calendars}" in str(failed["reason"])
    assert service.sidecar.becomes_ready(WITHIN_S)


def test_changes_behind_an_open_transaction_come_when_it_ends_and_others_at_once(place: Place) -> None:
    topic, told = StatusTopic(place), topics_of(Settings.model_validate(place.environment)).status_changes
    free = next(each for each in EVERYWHERE if partition_of(each.encode(), PARTITIONS) != 0)
    held = next(each for each in EVERYWHERE if partition_of(each.encode(), PARTITIONS) == 0)
    brokers = place.environment["KAFKA_BROKERS"]
    with (
        foreign_producer.open_transaction(brokers, told, [(held.encode(), b"{}")]) as transaction,
        running_sidecar(place.environment) as sidecar,
        event_source(str(sidecar.http.base_url), "/events") as stream,
    ):
        stream.next()
        topic.say([change(held, 1), change(free, 1)])
        first = stream.take(1)
        assert stream.is_silent(0.5)
        transaction.commit()
        second = stream.take(1)

    assert [one.data["store_id"] for one in (*first, *second)] == [free, held]


def test_page_of_dead_letters_says_that_there_may_be_more(place: Place) -> None:
    settings = Settings.model_validate(place.environment)
    topic = topics_of(settings).dead_letters
    foreign_producer.send(settings.kafka_brokers, topic, [letter(1)], "none")
    with foreign_producer.open_transaction(settings.kafka_brokers, topic, [letter(row) for row in range(2, 40)]):
        foreign_producer.send(settings.kafka_brokers, topic, [letter(row) for row in range(40, 60)], "none")
        held_back = asyncio.run(DeadLetterTail(settings).read())
        with running_sidecar(place.environment) as sidecar:
            page = sidecar.http.get("/ui/problems").text
    after = asyncio.run(DeadLetterTail(settings).read())

    assert not held_back.is_whole
    assert {one.topic for one in held_back.open_transactions} == {topic}
    assert "a transaction is open in" in page
    assert (after.counts.total(), after.is_whole, list(after.open_transactions)) == (21, True, [])


def test_command_on_dead_letters_names_the_open_transaction_and_ends(place: Place) -> None:
    settings = Settings.model_validate(place.environment)
    topic = topics_of(settings).dead_letters
    named = {name: place.environment[name] for name in ("TOPIC_PREFIX", "APP_ID")}
    with foreign_producer.open_transaction(settings.kafka_brokers, topic, [letter(1)]):
        ended = run(place.folder, "dead-letters", "--kafka", settings.kafka_brokers, env=named)
        with pytest.raises(TransactionOpenError):
            asyncio.run(read_topic(settings.kafka_brokers, topic, lambda _record: None))

    assert ended.exit_code == 1
    assert f"a transaction is open in {topic}" in ended.output
    assert "Traceback" not in ended.output


def test_up_once_fails_by_name_instead_of_waiting_for_another_service(tmp_path: Path, kafka: RunningKafka) -> None:
    name = f"t{time.time_ns()}-"
    named = {"TOPIC_PREFIX": name, "APP_ID": f"{name}app", "REPORT_WAIT": "2"}
    settings = Settings.model_validate({**named, "KAFKA_BROKERS": kafka.address.bootstrap})
    asyncio.run(ensure_topics(settings))
    with foreign_producer.open_transaction(settings.kafka_brokers, topics_of(settings).polls, polls(EVERYWHERE)):
        ended = run(tmp_path, "up", "--once", "--api-port", "0", "--kafka", settings.kafka_brokers, env=named)

    assert ended.exit_code == 1
    assert "transaction_open" in ended.output
    assert "Traceback" not in ended.output

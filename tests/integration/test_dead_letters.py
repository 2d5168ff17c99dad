"""Poison at a real worker's topics, the letters that it leaves, and `store-monitor dead-letters` on them."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from producers.publisher import open_publisher
from stream_app.dead_letters import DeadLetter, FileSource, RowLayout, decode_dead_letter, record_letter, row_letter
from stream_app.dead_letters import RecordSource as At
from stream_app.domain.partitions import partition_of
from stream_app.domain.rejection import Reason, Rejected
from stream_app.local.dead_letter_box import DeadLetterBox, read_dead_letters
from stream_app.local.topic_content import read_topic
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of
from tests.support.command import Ended, run
from tests.support.kafka import RunningKafka
from tests.support.waiting import comes_true

NUMBERS = count()
LARGEST = 1_048_000  # bytes of a value; with its batch just under Kafka's message.max.bytes
WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A record to send; without a partition it goes where its key belongs."""

    key: bytes | None
    value: bytes | None
    partition: int | None = None

    def home(self, partitions: int) -> int:
        return partition_of(self.key or b"", partitions) if self.partition is None else self.partition


@dataclass(frozen=True, slots=True)
class Service:
    """Topics of the test's own, and where a worker keeps its tables."""

    settings: Settings
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        own = self.settings
        names = {"TOPIC_PREFIX": own.topic_prefix, "APP_ID": own.app_id, "KAFKA_BROKERS": own.kafka_brokers}
        return {**names, "DATA_DIR": str(self.folder / own.app_id)}

    def send(self, topic: str, records: Sequence[Sent]) -> list[At]:
        """Where each record went."""

        async def send() -> list[At]:
            producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_brokers, max_request_size=2_000_000)
            await producer.start()
            try:
                places = []
                for record in records:
                    partition = record.home(self.settings.partitions)
                    sent = await producer.send_and_wait(topic, record.value, record.key, partition)
                    places.append(At(topic, sent.partition, sent.offset))
                return places
            finally:
                await producer.stop()

        return asyncio.run(asyncio.wait_for(send(), WITHIN_S))

    def file_away(self, letters: Sequence[tuple[bytes, bytes]]) -> None:
        """Put letters into the topic as a producer does."""

        async def publish() -> None:
            async with open_publisher(self.settings.kafka_brokers) as publisher:
                await publisher.publish(topics_of(self.settings).dead_letters, letters, time.time())
                await publisher.all_acknowledged()

        asyncio.run(asyncio.wait_for(publish(), WITHIN_S))

    def content(self, topic: str) -> list[Any]:
        records: list[Any] = []
        asyncio.run(read_topic(self.settings.kafka_brokers, topic, records.append))
        return records

    def letters(self) -> DeadLetterBox:
        return asyncio.run(read_dead_letters(self.settings.kafka_brokers, topics_of(self.settings).dead_letters))

    def command(self, *arguments: str) -> Ended:
        own = {name: value for name, value in self.environment.items() if name != "KAFKA_BROKERS"}
        return run(self.folder, "dead-letters", "--kafka", self.settings.kafka_brokers, *arguments, env=own)

    def retried(self, *arguments: str) -> dict[str, Any]:
        ended = self.command("--retry", "--json", *arguments)
        assert ended.exit_code == 0, ended.output
        answer: dict[str, Any] = json.loads(ended.output)
        return answer


@pytest.fixture
def service(kafka: RunningKafka, tmp_path: Path) -> Service:
    name = f"dead{next(NUMBERS)}-{os.getpid()}"
    settings = Settings(kafka_brokers=kafka.address.bootstrap, topic_prefix=f"{name}-", app_id=name)
    asyncio.run(ensure_topics(settings))
    return Service(settings, tmp_path)


@contextmanager
def worker(service: Service) -> Iterator["subprocess.Popen[bytes]"]:
    log = service.folder / f"{service.settings.app_id}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "stream_app"],
            env={**os.environ, **service.environment, "LOG_LEVEL": "DEBUG"},  # small checkpoints are logged as debug
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
            assert process.poll() is None, log.read_text()[-3000:]
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def taken_in(service: Service) -> int:
    """Polls that the worker's checkpoints counted."""
    log = (service.folder / f"{service.settings.app_id}.log").read_text()
    fields = (dict(f.split("=", 1) for f in line.split() if "=" in f) for line in log.splitlines())
    return sum(int(each["polls"]) for each in fields if "dead_letters" in each)


def poll(store_id: str, time_text: str = "2023-01-25T10:00:00Z", status: str = "active") -> bytes:
    return json.dumps({"store_id": store_id, "status": status, "timestamp_utc": time_text}).encode()


def calendar(store_id: str, zone: str = "Asia/Kathmandu") -> bytes:
    return json.dumps({"store_id": store_id, "timezone": zone}).encode()


def iso(at_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


def strange(store_id: bytes) -> int:
    """A partition that isn't the store's."""
    return (partition_of(store_id, 4) + 1) % 4


BAD_POLLS: Mapping[str, tuple[Sent, Reason]] = {
    "null": (Sent(b"1", None), Reason.MALFORMED_RECORD),
    "empty": (Sent(b"1", b""), Reason.MALFORMED_RECORD),
    "not JSON": (Sent(b"1", b"active"), Reason.MALFORMED_RECORD),
    "array": (Sent(b"1", b"[" + poll("1") + b"]"), Reason.MALFORMED_RECORD),
    "wrong types": (Sent(b"1", b'{"store_id":1,"status":true,"timestamp_utc":[]}'), Reason.MALFORMED_RECORD),
    "a thousand brackets": (Sent(b"1", b'{"x":' + b"[" * 100_000), Reason.MALFORMED_RECORD),
    "not UTF-8": (Sent(b"1", b'{"store_id":"\xff"}'), Reason.MALFORMED_RECORD),
    "lone surrogate": (Sent(b"1", poll("\ud800")), Reason.MALFORMED_RECORD),
    "megabyte of escapes": (Sent(b"1", b"\x01" * LARGEST), Reason.MALFORMED_RECORD),
    "megabyte of no UTF-8": (Sent(b"1", b"\xff" * LARGEST), Reason.MALFORMED_RECORD),
    "megabyte of spaces": (Sent(b"1", poll(" " * (LARGEST - 200))), Reason.EMPTY_STORE_ID),
    "megabyte of a time": (Sent(b"1", poll("1", "1969-12-31 23:59:59" + " " * 900_000)), Reason.TIME_OUT_OF_RANGE),
    "megabyte of a key": (Sent(b"\xff" * 900_000, b"x"), Reason.MALFORMED_RECORD),
    "time with a line break": (
        Sent(b"1", poll("1", "2023-01-25 10:00:00\n2023-01-25 10:00:00")),
        Reason.UNREADABLE_TIME,
    ),
    "empty key in a strange partition": (Sent(b"", poll("1"), strange(b"1")), Reason.WRONG_PARTITION),
    "key of another store": (Sent(b"2", poll("1"), strange(b"1")), Reason.WRONG_PARTITION),
    "no key, wrong partition": (Sent(None, poll("1"), strange(b"1")), Reason.WRONG_PARTITION),
    "future": (Sent(b"1", poll("1", "2999-01-01T00:00:00Z")), Reason.FUTURE_POLL),
    "1969": (Sent(b"1", poll("1", "1969-12-31T23:59:59Z")), Reason.TIME_OUT_OF_RANGE),
    "unknown status": (Sent(b"1", poll("1", status="ACTIVE")), Reason.UNKNOWN_STATUS),
}
# Without a key Kafka itself takes nothing into a compacted topic.
BAD_CALENDARS: Mapping[str, tuple[Sent, Reason]] = {
    "empty key": (Sent(b"", calendar("1"), 0), Reason.KEY_MISMATCH),
    "key of another store": (Sent(b"2", calendar("1")), Reason.KEY_MISMATCH),
    "wrong partition": (Sent(b"1", calendar("1"), strange(b"1")), Reason.WRONG_PARTITION),
    "tombstone in the wrong partition": (Sent(b"1", None, strange(b"1")), Reason.WRONG_PARTITION),
    "tombstone of no store": (Sent(b"\x00", None), Reason.BAD_STORE_ID),
    "tombstone of no UTF-8": (Sent(b"\xff", None), Reason.NOT_UTF8),
    "not JSON": (Sent(b"1", b"UTC"), Reason.MALFORMED_RECORD),
    "array": (Sent(b"1", b"[]"), Reason.MALFORMED_RECORD),
    "wrong types": (Sent(b"1", b'{"store_id":"1","hours":[{"day":"0"}]}'), Reason.MALFORMED_RECORD),
    "day of 4,000 digits": (
        Sent(b"1", b'{"store_id":"1","hours":[{"day":' + b"9" * 4000 + b',"start":"09:00","end":"10:00"}]}'),
        Reason.BAD_DAY,
    ),
    "a thousand brackets": (Sent(b"1", b'{"store_id":"1","x":' + b"[" * 100_000), Reason.MALFORMED_RECORD),
    "megabyte of escapes": (Sent(b"1", b"\x01" * LARGEST), Reason.MALFORMED_RECORD),
    "unknown zone": (Sent(b"1", calendar("1", "Mars/Olympus")), Reason.UNKNOWN_ZONE),
}


def test_each_poison_record_is_one_dead_letter_and_the_polls_around_it_count(service: Service) -> None:
    topics = topics_of(service.settings)
    polls = [record for record, _ in BAD_POLLS.values()]
    between = [Sent(str(number).encode(), poll(str(number))) for number in range(len(polls) + 1)]
    mixed = [record for pair in zip(between, polls, strict=False) for record in pair] + between[-1:]

    with worker(service):
        at = [place for place, record in zip(service.send(topics.polls, mixed), mixed, strict=True) if record in polls]
        at += service.send(topics.calendars, [record for record, _ in BAD_CALENDARS.values()])
        assert comes_true(lambda: len(service.letters().filed) >= len(at), WITHIN_S)
        late = service.send(topics.polls, [Sent(b"late", poll("late")), Sent(b"late", b"late")])
        assert comes_true(lambda: len(service.letters().filed) > len(at), WITHIN_S)
        assert comes_true(lambda: taken_in(service) == len(between) + 1, WITHIN_S)

    wanted = {
        place: reason for place, (_, reason) in zip(at, [*BAD_POLLS.values(), *BAD_CALENDARS.values()], strict=True)
    }
    wanted[late[1]] = Reason.MALFORMED_RECORD
    assert {each.letter.source: each.letter.reason for each in service.letters().filed} == wanted
    written = [record.key for record in service.content(topics.dead_letters)]
    assert Counter(written).most_common(1)[0][1] == 1
    first = {key: letter for each in service.letters().filed for key, letter in [(each.key, each.letter)]}
    check_another_worker_leaves_the_same_letters(service, first)


def check_another_worker_leaves_the_same_letters(service: Service, first: Mapping[bytes, DeadLetter]) -> None:
    """A second group reads all again: the letters have the same keys and say the same."""
    other = replace(service, settings=service.settings.model_copy(update={"app_id": f"{service.settings.app_id}-b"}))
    asyncio.run(ensure_topics(other.settings))

    with worker(other):
        dead = topics_of(service.settings).dead_letters
        assert comes_true(lambda: len(service.content(dead)) >= 2 * len(first), WITHIN_S)

    assert {each.key: each.letter for each in service.letters().filed} == first


def test_a_topic_full_of_garbage_does_not_hold_up_the_poll_behind_it(service: Service) -> None:
    polls = topics_of(service.settings).polls
    garbage = 30_000

    async def flood() -> None:
        async with open_publisher(service.settings.kafka_brokers) as publisher:
            await publisher.publish(polls, [(b"1", b"\x01" * 1000)] * garbage + [(b"1", poll("1"))], time.time())
            await publisher.all_acknowledged()

    asyncio.run(asyncio.wait_for(flood(), WITHIN_S))

    with worker(service):
        assert comes_true(lambda: taken_in(service) == 1, WITHIN_S)

    assert len(service.letters().filed) == garbage


def test_the_command_lists_the_newest_first_escaped_and_with_counts(service: Service) -> None:
    rejected = Rejected(Reason.UNKNOWN_STATUS, "status 'closed'")
    rows = [b"\x1b[31m[bold]1,closed,2023-01-22 12:09:39 UTC", b"\xff,closed,", b"x" * 100_000]
    service.file_away(
        [
            row_letter(rejected, FileSource("polls.csv", 2 + row), raw, 1_700_000_000 + row, None)
            for row, raw in enumerate(rows)
        ]
        + [record_letter(Rejected(Reason.MALFORMED_RECORD, "null"), At("store-polls", 3, 4), b"1", None, 1_600_000_000)]
        + [(b"stranger", b"{}")]
    )

    table, some, as_json = service.command(), service.command("--limit", "1"), service.command("--json")
    of_reason = service.command("--reason", "malformed_record", "--json")

    assert table.exit_code == 0, table.output
    assert table.output.index("polls.csv:4") < table.output.index("polls.csv:2") < table.output.index("store-polls/3/4")
    assert "\\x1b[31m[bold]1,closed" in table.output
    assert "(100,000 bytes)" in table.output
    assert "1 records of the topic are no dead letters" in table.output
    assert "the newest 1 of 4" in some.output
    lines = [line for line in as_json.output.splitlines() if line.startswith("{")]
    assert [decode_dead_letter(line.encode()).raw_input[:9] for line in lines] == [
        b"x" * 9,
        *(r[:9] for r in rows[1::-1]),
        b"",
    ]
    assert json.loads(of_reason.output.splitlines()[0])["is_null"] is True


def test_retry_sends_what_parses_now_and_clears_only_that(service: Service) -> None:
    topics, now = topics_of(service.settings), time.time()
    columns = {"store_id": 2, "status": 0, "timestamp_utc": 1}
    polls_layout, zones_layout = RowLayout("polls", columns), RowLayout("zones", {"store_id": 0, "timezone_str": 1})
    unknown = Rejected(Reason.UNKNOWN_STATUS, "")
    future = Rejected(Reason.FUTURE_POLL, "")
    home, foreign = Rejected(Reason.WRONG_PARTITION, ""), Rejected(Reason.KEY_MISMATCH, "")
    good_row = b'active,"2023-01-25 10:00:00 UTC", row \xc3\xa9'
    letters = {
        "row": row_letter(unknown, FileSource("a.csv", 2), good_row, now, polls_layout),
        "bad row": row_letter(unknown, FileSource("a.csv", 3), b"closed,2023-01-25 10:00:00,x", now, polls_layout),
        "old row": row_letter(unknown, FileSource("a.csv", 4), good_row, now, None),
        "zone": row_letter(Rejected(Reason.UNKNOWN_ZONE, ""), FileSource("z.csv", 2), b"1,UTC", now, zones_layout),
        "cut": record_letter(home, At(topics.polls, 0, 1), b"1", b"x" * 100_000, now),
        "foreign": record_letter(home, At("elsewhere", 0, 1), b"1", poll("1"), now),
        "partition": record_letter(home, At(topics.polls, 0, 2), None, poll("moved"), now),
        "due": record_letter(future, At(topics.polls, 0, 3), b"due", poll("due", iso(now + 60)), now - 3600),
        "still ahead": record_letter(future, At(topics.polls, 0, 4), b"1", poll("1", iso(now + 3600)), now),
        "key": record_letter(foreign, At(topics.calendars, 0, 999), b"2", calendar("keyed"), now),
        "older": record_letter(home, At(topics.calendars, 0, 998), b"keyed", calendar("keyed", "UTC"), now - 60),
        "tombstone": record_letter(home, At(topics.calendars, 0, 997), b"gone", None, now),
        "outdated": record_letter(home, At(topics.calendars, 0, 996), b"known", calendar("known"), now - 60),
    }
    service.file_away(list(letters.values()))
    service.send(topics.calendars, [Sent(b"known", calendar("known", "UTC"))])

    first, second = service.retried(), service.retried()

    kept = {"cut": 1, "part_of_a_calendar": 1, "unknown_columns": 1, "foreign": 1, "newer_calendar": 1}
    refused = {"unknown_status": 1, "future_poll": 1}
    assert first == {"sent_again": 6, "still_refused": refused, "kept": kept}
    assert second == {"sent_again": 0, "still_refused": refused, "kept": kept}
    left = ("bad row", "old row", "zone", "cut", "foreign", "still ahead", "outdated")
    assert {each.key for each in service.letters().filed} == {letters[name][0] for name in left}
    sent = service.content(topics.polls)
    assert {record.key for record in sent} == {"row é".encode(), b"moved", b"due"}
    assert all(record.partition == partition_of(record.key, 4) for record in sent)
    calendars = [(r.key, r.value) for r in service.content(topics.calendars) if r.key != b"known"]
    assert [each for each in calendars if each[0] == b"keyed"] == [
        (b"keyed", calendar("keyed", "UTC")),
        (b"keyed", calendar("keyed")),
    ]
    assert (b"gone", None) in calendars


def test_a_retried_poll_reaches_the_state(service: Service) -> None:
    topics = topics_of(service.settings)

    with worker(service):
        service.send(topics.polls, [Sent(b"1", poll("1"), strange(b"1"))])
        assert comes_true(lambda: len(service.letters().filed) == 1, WITHIN_S)
        answer = service.retried("--reason", "wrong_partition")
        assert comes_true(lambda: taken_in(service) == 1, WITHIN_S)

    assert answer["sent_again"] == 1
    assert service.letters().filed == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "--kafka HOST:PORT"), (("--kafka", "127.0.0.1:1"), "127.0.0.1:1"), (("--kafka", "here"), "HOST:PORT")],
)
def test_without_a_kafka_the_command_says_so(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = run(tmp_path, "dead-letters", *arguments)

    assert ended.exit_code == 1
    assert said in ended.output
    assert "Traceback" not in ended.output


def test_without_the_topic_the_command_says_so(tmp_path: Path, kafka: RunningKafka) -> None:
    ended = run(
        tmp_path, "dead-letters", "--kafka", kafka.address.bootstrap, env={"TOPIC_PREFIX": f"no{next(NUMBERS)}-"}
    )

    assert ended.exit_code == 1
    assert "has no topic" in ended.output

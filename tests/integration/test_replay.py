"""A replay to a real Kafka, read back from it."""

import asyncio
import gzip
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from itertools import count
from pathlib import Path

import msgspec
import numpy as np
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from producers.input_files import InputFiles, find_input_files
from producers.pacing import Speed
from producers.poll_rows import read_polls
from producers.progress import Progress
from producers.publisher import DeliveryError, Publisher, open_publisher
from producers.replay import InputTables, replay
from producers.sample import write_sample
from stream_app.codec.records import decode_calendar, decode_polls
from stream_app.dead_letters import FileSource, decode_dead_letter
from stream_app.domain.partitions import partition_of
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours
from stream_app.replay_progress import Assumed, InputSummary, KindSummary, ReplayProgress, read_progress
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of
from tests.support.kafka import RunningKafka, running_kafka
from tests.support.waiting import comes_true

READ_TIMEOUT_S = 30
NUMBERS = count()
DAY_S = 86_400


@pytest.fixture
def settings(kafka: RunningKafka) -> Settings:
    """Topics of the test's own."""
    name = f"replay{next(NUMBERS)}-"
    return Settings(kafka_brokers=kafka.address.bootstrap, topic_prefix=name, app_id=name)


async def _read(brokers: str, topic: str) -> list[ConsumerRecord]:
    """Read every record of a topic, partition by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, p) for p in sorted(await consumer._client._wait_on_metadata(topic))]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[ConsumerRecord] = []
        while any([await consumer.position(p) < end for p, end in ends.items()]):
            for fetched in (await consumer.getmany(timeout_ms=500)).values():
                records += fetched
        return records
    finally:
        await consumer.stop()


def records(settings: Settings, topic: str) -> list[ConsumerRecord]:
    return asyncio.run(asyncio.wait_for(_read(settings.kafka_brokers, topic), READ_TIMEOUT_S))


def replayed(directory: Path, settings: Settings, speed: str = "max") -> ReplayProgress:
    progress = Progress()
    asyncio.run(replay(find_input_files(directory, InputFiles()), Speed.parse(speed), settings, progress))
    return progress.counts.as_progress()


def polls_in(directory: Path) -> Counter[tuple[str, int]]:
    table = InputTables.check(find_input_files(directory, InputFiles())).polls
    assert table
    chunks = list(read_polls(table))
    return Counter(pair for c in chunks for pair in zip(c.store_ids, c.observations.tolist(), strict=True))


def polls_of(settings: Settings) -> Counter[tuple[str, int]]:
    decoded = decode_polls([record.value for record in records(settings, topics_of(settings).polls)])
    assert decoded.rejected == []
    return Counter(zip(decoded.store_ids, decoded.observations.tolist(), strict=True))


def test_every_poll_is_in_the_partition_of_its_store_as_often_as_in_the_file(
    settings: Settings, tmp_path: Path
) -> None:
    write_sample(tmp_path, stores=200, days=5)
    progress = replayed(tmp_path, settings)
    wanted = polls_in(tmp_path)
    assert polls_of(settings) == wanted
    assert progress.polls_sent == wanted.total()
    for record in records(settings, topics_of(settings).polls):
        assert record.key == msgspec.json.decode(record.value)["store_id"].encode()
        assert record.partition == partition_of(record.key, settings.partitions)


def test_every_calendar_is_acknowledged_before_the_first_poll_is_sent(settings: Settings, tmp_path: Path) -> None:
    write_sample(tmp_path, stores=200, days=2)
    progress = replayed(tmp_path, settings)
    polls, calendars = (records(settings, topic) for topic in topics_of(settings).sources)
    assert progress.calendars_sent == len(calendars) == len({record.key for record in calendars})
    assert max(record.timestamp for record in calendars) <= min(record.timestamp for record in polls)


def test_a_calendar_merges_the_rows_of_both_files(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "store_hours.csv.gz").write_bytes(
        gzip.compress(
            b"store_id,dayOfWeek,start_time_local,end_time_local\n1,0,09:00,17:00\n1,4,18:00,02:00\n2,6,08:00,00:00"
        )
    )
    (tmp_path / "timezone.csv").write_text("store_id,timezone_str\n1,Asia/Kathmandu\n3,Asia/Beirut\n")
    replayed(tmp_path, settings)
    decoded = [decode_calendar(record.key, record.value) for record in records(settings, topics_of(settings).calendars)]
    assert sorted(decoded, key=str) == [
        ("1", StoreCalendar("Asia/Kathmandu", (WeeklyHours(0, 540, 1020), WeeklyHours(4, 1080, 1560)))),
        ("2", StoreCalendar(hours=(WeeklyHours(6, 480, 1440),), assumes_zone=True)),
        ("3", StoreCalendar("Asia/Beirut")),
    ]


def test_bad_rows_are_dead_letters_once_however_often_they_are_replayed(settings: Settings, tmp_path: Path) -> None:
    write_sample(tmp_path, stores=20, days=1, bad_rows=36)
    progress = replayed(tmp_path, settings)
    replayed(tmp_path, settings)
    letters = records(settings, topics_of(settings).dead_letters)
    decoded = [decode_dead_letter(record.value) for record in letters]
    assert Counter(letter.reason for letter in decoded) == Counter(progress.rejected) + Counter(progress.rejected)
    assert len({record.key for record in letters}) == 36
    for letter in decoded:
        assert isinstance(letter.source, FileSource)
        if letter.encoding == "utf-8":
            lines = (tmp_path / letter.source.file).read_text("utf-8", "surrogateescape").split("\n")
            assert lines[letter.source.row - 1] == letter.raw


@pytest.mark.parametrize("kept", ["store_status.csv", "menu_hours.csv", "timezones.csv"])
def test_one_file_alone_is_a_replay(settings: Settings, tmp_path: Path, kept: str) -> None:
    write_sample(tmp_path / "all", stores=20, days=1)
    shutil.copy(tmp_path / "all" / kept, tmp_path)
    progress = replayed(tmp_path, settings)
    assert (progress.polls_sent > 0, progress.calendars_sent > 0) == (
        kept == "store_status.csv",
        kept != "store_status.csv",
    )


def test_a_paced_replay_sends_the_same_polls_in_the_order_of_their_times(settings: Settings, tmp_path: Path) -> None:
    write_sample(tmp_path, stores=50, days=2)
    progress = replayed(tmp_path, settings, speed=f"{2 * DAY_S}x")
    assert polls_of(settings) == polls_in(tmp_path)
    assert progress.rows_read > progress.polls_sent > 0
    for partition in range(settings.partitions):
        polls = [r.value for r in records(settings, topics_of(settings).polls) if r.partition == partition]
        times = decode_polls(polls).observations >> 1
        assert np.all(np.diff(times) >= 0)


def test_a_broker_that_dies_is_a_named_error_with_the_rows_it_acknowledged(settings: Settings, tmp_path: Path) -> None:
    async def publish_and_kill(broker: RunningKafka) -> Publisher:
        own = settings.model_copy(update={"kafka_brokers": broker.address.bootstrap})
        await ensure_topics(own)
        async with open_publisher(own.kafka_brokers, delivery_timeout_s=5) as publisher:
            await publisher.publish(topics_of(own).polls, [(b"1", b"a"), (b"2", b"b")], 0)
            await publisher.all_acknowledged()
            assert broker.broker.pid is not None
            os.kill(broker.broker.pid, signal.SIGKILL)
            await publisher.publish(topics_of(own).polls, [(b"1", b"c")], 0)
            await publisher.all_acknowledged()
        return publisher

    with running_kafka(tmp_path) as broker, pytest.raises(DeliveryError) as caught:
        asyncio.run(publish_and_kill(broker))
    assert caught.value.acknowledged == {topics_of(settings).polls: 2}
    assert "no answer in 5 s. Rows acknowledged before: 2 of" in str(caught.value)


def test_records_that_kafka_refuses_are_a_named_error(settings: Settings) -> None:
    async def publish() -> None:
        await ensure_topics(settings)
        async with open_publisher(settings.kafka_brokers) as publisher:
            await publisher.publish(topics_of(settings).polls, [(b"1", b"x" * 2_000_000)], 0)
            await publisher.all_acknowledged()

    with pytest.raises(DeliveryError, match=r"store-polls, partition [0-3]: MessageSizeTooLarge"):
        asyncio.run(publish())


def command(directory: Path, settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
    names = {"TOPIC_PREFIX": settings.topic_prefix, "APP_ID": settings.app_id, "KAFKA_BROKERS": settings.kafka_brokers}
    return subprocess.Popen(
        [sys.executable, "-m", "producers", str(directory), *arguments],
        env={**os.environ, **names, "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_ends_with_a_table_of_reasons_and_exit_code_0(settings: Settings, tmp_path: Path) -> None:
    write_sample(tmp_path, stores=20, days=1, bad_rows=5)
    progress_file = tmp_path / "progress.json"
    process = command(tmp_path, settings, "--progress-file", str(progress_file))
    output, progress_lines = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "unknown_status" in output
    assert "polls sent" in progress_lines
    written = read_progress(progress_file)
    assert written is not None
    assert (written.state, sum(written.rejected.values())) == ("done", 5)


def test_a_file_that_was_cut_sends_the_rows_before_the_cut_and_says_how_many(
    settings: Settings, tmp_path: Path
) -> None:
    write_sample(tmp_path / "whole", stores=300, days=8)
    whole = (tmp_path / "whole" / "store_status.csv").read_bytes()
    packed = gzip.compress(whole)
    (tmp_path / "polls.csv.gz").write_bytes(packed[: len(packed) // 2])
    progress_file = tmp_path / "progress.json"

    process = command(tmp_path, settings, "--progress-file", str(progress_file))
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    written = read_progress(progress_file)
    assert written is not None
    assert written.error is not None
    assert written.polls_sent == len(records(settings, topics_of(settings).polls)) > 1000
    assert f"polls.csv.gz can't be read past line {written.rows_read + 1:,}" in written.error
    assert f"Sent before, and counting: 0 calendars and {written.polls_sent:,} polls" in written.error
    assert " ".join(written.error.split()) in " ".join(errors.split())
    lines = whole.decode().splitlines(keepends=True)
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "polls.csv").write_text("".join(lines[: written.rows_read + 1]))
    assert polls_of(settings) == polls_in(tmp_path / "expected")


def test_polls_out_of_a_pipe_are_all_sent(settings: Settings, tmp_path: Path) -> None:
    write_sample(tmp_path, stores=20, days=2)
    with (tmp_path / "store_status.csv").open("rb") as file:
        content = file.read()
    names = {"TOPIC_PREFIX": settings.topic_prefix, "APP_ID": settings.app_id, "KAFKA_BROKERS": settings.kafka_brokers}

    ended = subprocess.run(
        [sys.executable, "-m", "producers", "--polls", "/dev/stdin"],
        env={**os.environ, **names},
        input=gzip.compress(content),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    (tmp_path / "menu_hours.csv").unlink()
    (tmp_path / "timezones.csv").unlink()
    assert polls_of(settings) == polls_in(tmp_path)
    assert b"stdin: " in ended.stdout


def test_the_end_of_a_replay_says_what_was_taken_of_each_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "Store status.csv").write_text(
        "store_id;status;timestamp_utc\n1;active;2024-03-10 12:00:00 UTC\n 1;active;2024-03-10 13:00:00 UTC\n"
        "2.0;active;2024-03-10 13:00:00 UTC\n3;on;2024-03-10 13:00:00 UTC\n"
    )
    (tmp_path / "hours.tsv").write_text(
        "store_id\tday\tstart_time_local\tend_time_local\n1\t0\t09:00\t17:00\n2\t0\t09:00\t17:00\n",
        encoding="utf-16",
    )
    progress_file = tmp_path / "progress.json"
    process = command(tmp_path, settings, "--progress-file", str(progress_file))
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.splitlines()[:4] == [
        "Store status.csv: 3 polls of 2 stores",
        "  1 store is in no other file: '2.0'",
        "hours.tsv: 2 rows of hours of 2 stores",
        "  1 store is in no other file: '2'",
    ]
    written = read_progress(progress_file)
    assert written is not None
    assert written.input == InputSummary(
        polls=KindSummary("Store status.csv", 3, 2, 1, ["2.0"]),
        hours=KindSummary("hours.tsv", 2, 2, 1, ["2"]),
        zones=None,
        always_open=Assumed(not_given=1, all_refused=0),
        default_zone=Assumed(not_given=3, all_refused=0),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_in_order(settings: Settings, tmp_path: Path, number: signal.Signals) -> None:
    write_sample(tmp_path, stores=20, days=1)
    progress_file = tmp_path / "progress.json"
    process = command(tmp_path, settings, "--speed", "realtime", "--progress-file", str(progress_file))

    def sends() -> bool:
        progress = read_progress(progress_file)
        return progress is not None and progress.calendars_sent > 0

    assert comes_true(sends, within_s=30)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert f"stopped by {number.name}" in errors
    assert "Traceback" not in errors
    written = read_progress(progress_file)
    assert written is not None
    assert written.state == "failed"

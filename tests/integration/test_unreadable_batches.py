"""A batch that is damaged on the broker's disk: it is named, by whoever meets it."""

import asyncio
import json
from pathlib import Path

import pytest

from stream_app.domain.partitions import partition_of
from stream_app.local.topic_content import read_topic
from stream_app.process_ends import EXIT_UNMENDABLE
from stream_app.settings import Settings
from stream_app.topics import topics_of
from stream_app.unreadable_batch import UnreadableBatchError
from tests.support import foreign_producer
from tests.support.api_place import PARTITIONS, make_place
from tests.support.kafka import running_kafka
from tests.support.waiting import comes_true
from tests.support.worker_process import Worker

WITHIN_S = 90


def poll(store_id: str) -> foreign_producer.Record:
    body = {"store_id": store_id, "status": "active", "timestamp_utc": "2023-01-25 12:00:00 UTC"}
    return store_id.encode(), json.dumps(body).encode()


def damage(segment: Path, text: bytes) -> None:
    """Change a byte of a record where it stands on the disk."""
    content = segment.read_bytes()
    assert content.count(text) == 1
    segment.write_bytes(content.replace(text, text[:-1] + b"\0"))


def test_damaged_batch_is_named_with_topic_partition_and_offset_by_worker_and_commands(tmp_path: Path) -> None:
    with running_kafka(tmp_path / "kafka") as kafka:
        place = make_place(tmp_path, kafka)
        topic = topics_of(Settings.model_validate(place.environment)).polls
        for store_id in ("sound", "wrong"):
            foreign_producer.send(kafka.address.bootstrap, topic, [poll(store_id)], "none")
        partition = partition_of(b"wrong", PARTITIONS)
        offset = 1 if partition == partition_of(b"sound", PARTITIONS) else 0
        kafka.broker.stop()
        damage(kafka.broker.path / "data" / f"{topic}-{partition}" / f"{0:020}.log", poll("wrong")[1])
        kafka.broker.start()

        with pytest.raises(UnreadableBatchError) as raised:
            asyncio.run(read_topic(kafka.address.bootstrap, topic, lambda _record: None))
        with Worker("worker", tmp_path, place.environment).ended_with_the_test() as worker:
            assert comes_true(lambda: worker.process.poll() is not None, WITHIN_S)
            log = (tmp_path / "worker.log").read_text()

    assert (raised.value.topic, raised.value.partition, raised.value.offset) == (topic, partition, offset)
    assert worker.process.returncode == EXIT_UNMENDABLE
    assert f"{topic} partition {partition} can" in log
    assert f"be read from offset {offset} on" in log  # the log escapes the apostrophe between

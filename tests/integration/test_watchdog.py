"""The watchdog beside transactions of strangers: what no reader can have yet is no stall."""

import asyncio
import json
import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from aiokafka import AIOKafkaProducer

from stream_app.domain.partitions import partition_of
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of
from tests.support.kafka import RunningKafka
from tests.support.waiting import comes_true
from tests.support.worker_process import Worker

LIMIT_S = 2.0
PARTITIONS = 4
STORE = b"store-1"
PARTITION = partition_of(STORE, PARTITIONS)
STARTS_WITHIN_S = 60


def poll(status: str) -> bytes:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps({"store_id": STORE.decode(), "status": status, "timestamp_utc": now}).encode()


def metric(port: int, name: str) -> float:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    found = re.search(rf'^store_monitor_{name}{{partition="{PARTITION}"}} (.+)$', text, re.MULTILINE)
    return 0.0 if found is None else float(found.group(1))


def test_records_behind_an_open_transaction_are_no_stall_and_are_taken_in_when_it_ends(
    tmp_path: Path, kafka: RunningKafka
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = f"t{time.time_ns()}"
    environment = {
        "KAFKA_BROKERS": kafka.address.bootstrap,
        "TOPIC_PREFIX": f"{name}-",
        "APP_ID": name,
        "PARTITIONS": str(PARTITIONS),
        "STALL_LIMIT": str(LIMIT_S),
        "METRICS_PORT": str(port),
    }
    settings = Settings.model_validate(environment)
    asyncio.run(ensure_topics(settings))
    with Worker("worker-1", tmp_path, environment).ended_with_the_test() as worker:
        assert comes_true(lambda: worker.partitions == set(range(PARTITIONS)), STARTS_WITHIN_S)

        asyncio.run(held_back(settings, worker, port))

        assert comes_true(lambda: metric(port, "polls_total") == 1)
        time.sleep(2 * LIMIT_S)  # nothing but the abort's marker is left to be read
        assert worker.process.poll() is None
        assert metric(port, "partition_stalled_seconds") == 0


async def held_back(settings: Settings, worker: Worker, port: int) -> None:
    """A stranger's transaction with a poll, an acknowledged poll behind it, and an abort after thrice the limit."""
    topic = topics_of(settings).polls
    stranger = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_brokers, transactional_id=f"{settings.app_id}-stranger"
    )
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_brokers)
    async with stranger, producer:
        await stranger.begin_transaction()
        await stranger.send_and_wait(topic, poll("inactive"), STORE, partition=PARTITION)
        await producer.send_and_wait(topic, poll("active"), STORE, partition=PARTITION)
        await asyncio.sleep(3 * LIMIT_S)  # how long the transaction is open
        assert (worker.process.poll(), metric(port, "polls_total")) == (None, 0)
        assert metric(port, "partition_stalled_seconds") == 0
        await stranger.abort_transaction()

"""The input of every case: invented once, sent once; each case reads it with an APP_ID of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from producers.sample import END, write_sample
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of
from tests.faults.expected import Expected, expected_of

STORES, DAYS, SEED = 2_500, 8, 5
PARTITIONS = 4
PREFIX = "faults-"
SENT_WITHIN_S = 60

Ends = Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Source:
    """Filled topics: where each partition of each of them ends, and what the reference makes of them."""

    brokers: str
    ends: Ends
    expected: Expected


def write_input(folder: Path) -> Expected:
    """Invented files in which some stores have polls before the retained range too, a later one before an earlier."""
    write_sample(folder, stores=STORES, days=DAYS, end=END, seed=SEED)
    polls = folder / "store_status.csv"
    ids = sorted({line.split(",")[0] for line in polls.read_text().splitlines()[1:]})
    with polls.open("a") as file:
        for at, store_id in enumerate(ids[::3]):
            for days, status in ((18, "active" if at % 2 else "inactive"), (20, "active")):
                file.write(f"{store_id},{status},{END - timedelta(days=days, seconds=at):%Y-%m-%d %H:%M:%S} UTC\n")
    return expected_of(folder)


def send_input(folder: Path, brokers: str) -> Ends:
    """Have the producers send the files; return where the topics end then."""
    settings = Settings(kafka_brokers=brokers, topic_prefix=PREFIX, app_id=f"{PREFIX}source", partitions=PARTITIONS)
    asyncio.run(ensure_topics(settings))
    environment = {**os.environ, "TOPIC_PREFIX": PREFIX, "APP_ID": settings.app_id, "PARTITIONS": str(PARTITIONS)}
    command = [sys.executable, "-m", "producers", str(folder), "--kafka", brokers, "--quiet"]
    subprocess.run(command, env=environment, check=True, timeout=SENT_WITHIN_S)
    return asyncio.run(_ends(brokers, topics_of(settings).sources))


async def _ends(brokers: str, topics: tuple[str, ...]) -> Ends:
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers)
    await consumer.start()
    try:
        tps = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        ends = await consumer.end_offsets(tps)
        return {
            number: {topic: ends[TopicPartition(topic, number)] for topic in topics} for number in range(PARTITIONS)
        }
    finally:
        await consumer.stop()


def open_source(folder: Path, brokers: str) -> Source:
    """Invent, send and judge it."""
    expected = write_input(folder)
    return Source(brokers, send_input(folder, brokers), expected)

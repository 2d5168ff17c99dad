"""Topics, tables and folders for an API of a test's own; the worker's part is played by tests.support.tables."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaProducer

from stream_app.domain.partitions import partition_of
from stream_app.settings import Settings
from stream_app.topics import ensure_topics
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.tables import Tables

PARTITIONS = 4
ZONES = [("a", "UTC"), ("b", "Asia/Kolkata"), ("silent", "America/St_Johns"), ("=1+1", "UTC"), ("../etc", "UTC")]
HOURS = [("a", str(day), "09:00", "17:30") for day in range(7)] + [("silent", "2", "22:00", "02:00")]
POLLS = [
    ("a", "active", "2023-01-20 10:00:00 UTC"),
    ("a", "inactive", "2023-01-24 12:30:45.5 UTC"),
    ("a", "active", "2023-01-25 11:50:00 UTC"),
    ("b", "active", "2023-01-25 12:00:30.25 UTC"),
    ("ü/ä b", "active", "2023-01-12 12:00:00 UTC"),
    ("=1+1", "inactive", "2023-01-25 01:00:00 UTC"),
]


@dataclass(frozen=True, slots=True)
class Place:
    """Topics and folders of one test."""

    folder: Path
    environment: dict[str, str]
    tables: Tables

    def send(self, store_id: str, count: int) -> None:
        """Records of one store, acknowledged by Kafka; what they say doesn't matter without a worker."""

        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.environment["KAFKA_BROKERS"])
            await producer.start()
            try:
                for _ in range(count):
                    topic = f"{self.environment['TOPIC_PREFIX']}store-polls"
                    home = partition_of(store_id.encode(), PARTITIONS)
                    await producer.send_and_wait(topic, b"{}", store_id.encode(), home)
            finally:
                await producer.stop()

        asyncio.run(send())

    def positions(self, polls: int) -> dict[str, int]:
        """A meta's positions."""
        prefix = self.environment["TOPIC_PREFIX"]
        return {f"{prefix}store-polls": polls, f"{prefix}store-calendars": 0}


def make_place(folder: Path, kafka: RunningKafka) -> Place:
    name = f"t{time.time_ns()}-"
    environment = api_environment(
        folder, kafka.address.bootstrap, TOPIC_PREFIX=name, APP_ID=f"{name}app", REPORT_WAIT="3"
    )
    settings = Settings.model_validate(environment)
    asyncio.run(ensure_topics(settings))
    return Place(folder, environment, tables_of(settings))


def tables_of(settings: Settings) -> Tables:
    return Tables(settings.table_paths(0)[0].parent, PARTITIONS)


@contextmanager
def api_over_all(place: Place) -> Iterator[Sidecar]:
    place.tables.write(POLLS, HOURS, ZONES)
    with running_sidecar(place.environment) as sidecar:
        assert sidecar.becomes_ready()
        yield sidecar

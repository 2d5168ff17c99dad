"""A broker of these tests' own, since some of them stop or kill it, with the input on it."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.faults.service import Service, running_service
from tests.faults.source import Source, open_source
from tests.support.kafka import RunningKafka, running_kafka
from tests.support.waiting import comes_true

SERVES_WITHIN_S = 30


@pytest.fixture(scope="session")
def breakable_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One broker for all cases; `broker` is back up between two of them."""
    with running_kafka(tmp_path_factory.mktemp("faults-kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def source(breakable_kafka: RunningKafka, tmp_path_factory: pytest.TempPathFactory) -> Source:
    return open_source(tmp_path_factory.mktemp("faults-input"), breakable_kafka.address.bootstrap)


@pytest.fixture
def broker(breakable_kafka: RunningKafka) -> Iterator[RunningKafka]:
    """The broker for a case that breaks it; one that was left stopped or dead serves again after it."""
    yield breakable_kafka
    embedded = breakable_kafka.broker
    if embedded.is_alive:
        assert embedded.pid is not None
        os.kill(embedded.pid, signal.SIGCONT)
        assert comes_true(lambda: asyncio.run(is_serving(breakable_kafka.address.bootstrap)), SERVES_WITHIN_S)
    else:
        embedded.start()


async def is_serving(brokers: str) -> bool:
    """Whether the cluster has its broker; one that was stopped for long has to register anew."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except KafkaError:
        return False
    finally:
        await admin.close()


@pytest.fixture
def service(source: Source, tmp_path: Path) -> Iterator[Service]:
    with running_service(source, tmp_path) as service:
        yield service

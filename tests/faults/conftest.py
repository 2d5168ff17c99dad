"""A broker of these tests' own, since some of them stop or kill it, with the input on it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.service import Service, running_service
from tests.faults.source import Source, open_source
from tests.support.kafka import RunningKafka, running_kafka


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
    """The broker for a case that breaks it."""
    yield breakable_kafka
    if breakable_kafka.broker.is_alive:
        assert breakable_kafka.broker.pid is not None
        os.kill(breakable_kafka.broker.pid, signal.SIGCONT)
    else:
        breakable_kafka.broker.start()


@pytest.fixture
def service(source: Source, tmp_path: Path) -> Iterator[Service]:
    with running_service(source, tmp_path) as service:
        yield service

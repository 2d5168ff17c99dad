"""What tests of every kind share."""

from collections.abc import Iterator

import pytest

from tests.support.kafka import RunningKafka, running_kafka


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One real broker for all tests that can share it; each takes topics and a group of its own."""
    with running_kafka(tmp_path_factory.mktemp("shared-kafka")) as running:
        yield running

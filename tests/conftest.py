"""What tests of every kind share."""

import signal
from collections.abc import Iterator

import pytest

from tests.support.kafka import RunningKafka, running_kafka


def pytest_configure() -> None:
    """Give Ctrl-C its meaning back where whoever runs the tests ignores it, as a shell does for what runs behind.

    A child inherits an ignored signal, and what tests start as a user would must be stopped as a user would.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One real broker for all tests that can share it; each takes topics and a group of its own."""
    with running_kafka(tmp_path_factory.mktemp("shared-kafka")) as running:
        yield running

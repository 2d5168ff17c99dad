"""A real Kafka for tests: the embedded broker, started once where tests can share it."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_app.local.broker import BrokerAddress, EmbeddableBroker, find_broker
from stream_app.local.java import JavaRuntime
from stream_app.local.kafka import EmbeddedKafka


@dataclass(frozen=True, slots=True)
class RunningKafka:
    """The broker, and where it serves."""

    broker: EmbeddedKafka
    address: BrokerAddress


@functools.cache
def java_and_jars() -> tuple[JavaRuntime, Path]:
    """Find or fetch what a broker needs; where that can't be, tests fail with the product's own message."""
    environ = {name: value for name, value in os.environ.items() if name != "KAFKA_BROKERS"}
    found = find_broker(None, environ)
    assert isinstance(found, EmbeddableBroker)
    return found.java, found.ensure_jars(environ)


@contextmanager
def running_kafka(state_dir: Path) -> Iterator[RunningKafka]:
    """Run one broker on `state_dir`, for instance for a whole test session (4 s to start, 0.5 s to stop)."""
    with EmbeddedKafka(state_dir, *java_and_jars()) as broker:
        yield RunningKafka(broker, broker.start())

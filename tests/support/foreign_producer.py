"""A producer that isn't aiokafka: librdkafka, as most other services have it, with every codec built in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from stream_app.domain.partitions import partition_of
from tests.support.api_place import PARTITIONS

Record = tuple[bytes, bytes]

_WITHIN_S = 20.0
_TIMEOUT_MS = 60_000  # of a transaction: longer than any test looks at it


def send(brokers: str, topic: str, records: Iterable[Record], codec: str) -> None:
    """Records in compressed batches, each in the partition of its key, acknowledged by Kafka."""
    producer = Producer({"bootstrap.servers": brokers, "compression.type": codec, "linger.ms": 100})
    _hand_over(producer, topic, records)


class Transaction:
    """An open transaction of another service."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self.is_open = True

    def commit(self) -> None:
        self._producer.commit_transaction(_WITHIN_S)
        self.is_open = False

    def abort(self) -> None:
        self._producer.abort_transaction(_WITHIN_S)
        self.is_open = False


@contextmanager
def open_transaction(brokers: str, topic: str, records: Iterable[Record]) -> Iterator[Transaction]:
    """A transaction whose records are all written; what the block leaves open is aborted."""
    settings = {"bootstrap.servers": brokers, "transactional.id": f"{topic}-foreign"}
    producer = Producer({**settings, "transaction.timeout.ms": _TIMEOUT_MS})
    producer.init_transactions(_WITHIN_S)
    producer.begin_transaction()
    _hand_over(producer, topic, records)
    transaction = Transaction(producer)
    try:
        yield transaction
    finally:
        if transaction.is_open:
            transaction.abort()


def _hand_over(producer: Producer, topic: str, records: Iterable[Record]) -> None:
    for key, value in records:
        producer.produce(topic, key=key, value=value, partition=partition_of(key, PARTITIONS))
    assert producer.flush(_WITHIN_S) == 0

"""Polls that come after those of an input: their stores, and the time that goes on from its newest poll."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from api.partition_content import PartitionContent
from producers.publisher import Publisher
from stream_app.codec.records import encode_polls


class LiveInput(msgspec.Struct, frozen=True):
    """What load and probes share: stores of each, and the poll time (microseconds) that belongs to `began_s`.

    `began_s` is in seconds since the epoch. Going on from the newest poll, rather than from now, keeps what was loaded
    inside the retained range.
    """

    brokers: str
    topic: str
    load_stores: list[str]
    probe_stores: list[str]
    newest_micros: int
    began_s: float

    def now_micros(self) -> int:
        """The time of a poll that is made now."""
        return self.newest_micros + round((time.time() - self.began_s) * 1_000_000)

    def write(self, path: Path) -> None:
        """Keep it for the processes that load and probe."""
        path.write_bytes(msgspec.json.encode(self))


def read_input(path: Path) -> LiveInput:
    """What write() has kept."""
    return msgspec.json.decode(path.read_bytes(), type=LiveInput)


def newest_micros(contents: Sequence[PartitionContent]) -> int:
    """The time of the newest poll in the tables, microseconds since the epoch; raises ValueError without any."""
    return max(content.meta.stream_time for content in contents if content.meta.stream_time is not None)


async def send_polls(publisher: Publisher, topic: str, store_ids: Sequence[str], micros: int) -> None:
    """Hand over one active poll of each store, all of one time."""
    values = encode_polls(store_ids, np.full(len(store_ids), micros * 2, np.int64))
    records = [(store_id.encode(), value) for store_id, value in zip(store_ids, values, strict=True)]
    await publisher.publish(topic, records, time.time())

"""Reading by whole Kafka batches against aiokafka's own reading of the same bytes."""

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from stream_app.unreadable_batch import UnreadableBatchError
from stream_app.whole_batches import WholeBatches, read_whole_batches

TP = TopicPartition("store-polls", 0)
PRODUCER = 7
TRANSACTIONAL, CONTROL = 1 << 4, 1 << 5
COMMIT_MARKER = b"\0\0\0\1"
CHECKSUM_AT, ATTRIBUTES_AT = 17, 21  # places in a batch's header; the checksum is that of all behind it


def batch(start: int, count: int, *, attributes: int = 0, compacted: int = 0, key: bytes = b"81399") -> bytes:
    """A batch of `count` records from an offset on; compaction has taken `compacted` more from its end."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, PRODUCER, 0, 0, 100_000)
    for place in range(count):
        builder.append(place, 1_700_000_000_000 + place, key, b"%d" % (start + place), [])
    built = builder.build()
    struct.pack_into(">q", built, 0, start)
    struct.pack_into(">hi", built, ATTRIBUTES_AT, attributes, count + compacted - 1)
    struct.pack_into(">I", built, CHECKSUM_AT, calc_crc32c(bytes(built[ATTRIBUTES_AT:])))
    return bytes(built)


MARKER = batch(13, 1, attributes=TRANSACTIONAL | CONTROL, key=COMMIT_MARKER)
LOG = (batch(10, 3), MARKER, batch(14, 2, compacted=3), batch(30, 1), batch(31, 2, attributes=TRANSACTIONAL))


class Fetch:
    """One fetch's answer, and the position that reading it moves."""

    def __init__(self, raw: bytes, position: int, aborted: list[tuple[int, int]]) -> None:
        self.position, self.paused, self.active = position, False, True
        records = PartitionRecords(TP, MemoryRecords(raw), aborted, position, None, None, True, READ_COMMITTED)  # noqa: FBT003
        self.result = FetchResult(TP, assignment=self, partition_records=records, backoff=0)
        self.consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records={TP: self.result}))

    def state_value(self, _tp: TopicPartition) -> "Fetch":
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position

    def taken(self) -> list[tuple[int, bytes, bytes]]:
        """Offset, key and value of what is read."""
        return [(record.offset, record.key, record.value) for record in self.result.getall()]


def stock(raw: bytes, position: int, aborted: list[tuple[int, int]] | None = None) -> Fetch:
    return Fetch(raw, position, aborted or [])


def whole(raw: bytes, position: int, aborted: list[tuple[int, int]] | None = None) -> Fetch:
    fetch = Fetch(raw, position, aborted or [])
    read_whole_batches(fetch.consumer)
    return fetch


@pytest.mark.parametrize("position", [10, 12, 13, 14, 15, 17, 30, 32])
def test_records_and_position_are_those_of_aiokafka(position: int) -> None:
    raw = b"".join(part for part in LOG if struct.unpack(">q", part[:8])[0] + 6 > position)
    ours, theirs = whole(raw, position), stock(raw, position)

    assert isinstance(ours.result._partition_records, WholeBatches)
    assert ours.taken() == theirs.taken() != []
    assert ours.position == theirs.position == 33
    assert not ours.result.has_more()


def test_control_batches_and_gaps_alone_move_the_position() -> None:
    ours = whole(MARKER, 13)

    assert ours.taken() == []
    assert ours.position == 14


def test_aborted_transactions_are_left_to_aiokafka() -> None:
    ours = whole(b"".join(LOG), 10, [(PRODUCER, 31)])

    assert not isinstance(ours.result._partition_records, WholeBatches)
    assert [offset for offset, _, _ in ours.taken()] == [10, 11, 12, 14, 15, 30]


@pytest.mark.parametrize(("read", "error"), [(stock, CorruptRecordException), (whole, UnreadableBatchError)])
@pytest.mark.parametrize("damaged", [0, 2])
def test_nothing_behind_a_damaged_batch_is_read_until_it_is_fetched_again(
    read: Any, error: type[Exception], damaged: int
) -> None:
    parts = list(LOG)
    parts[damaged] = parts[damaged][:-1] + b"\1"
    fetch = read(b"".join(parts), 10)

    with pytest.raises(error):
        fetch.taken()

    assert fetch.taken() == []
    assert fetch.position == 10


@pytest.mark.parametrize("read", [stock, whole])
def test_fetch_from_before_a_seek_is_dropped(read: Any) -> None:
    fetch = read(b"".join(LOG), 10)
    fetch.position = 12

    assert fetch.taken() == []
    assert fetch.position == 12


def test_what_comes_in_later_is_read_so_too() -> None:
    first, later = whole(b"".join(LOG), 10), stock(b"".join(LOG), 10)

    first.consumer._fetcher._records[TP] = later.result

    assert isinstance(later.result._partition_records, WholeBatches)
    assert later.taken() == first.taken()


def legacy(magic: int, codec: int, start: int) -> bytes:
    """What producers before Kafka 0.11 have left on a broker's disk; a compressed set is a message with messages."""
    builder = LegacyRecordBatchBuilder(magic, codec, 100_000)
    for place in range(3):
        builder.append(
            place if codec and magic else start + place, 1_700_000_000_000, b"81399", b"%d" % (start + place)
        )
    built = builder.build()
    if codec:
        struct.pack_into(">q", built, 0, start + 2)  # as the broker has it: the last one's offset
    return bytes(built)


@pytest.mark.parametrize("position", [10, 12])
@pytest.mark.parametrize(("magic", "codec"), [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3)])  # format 0 never had lz4
def test_records_of_the_older_formats_are_those_of_aiokafka(magic: int, codec: int, position: int) -> None:
    raw = legacy(magic, codec, 10) + legacy(magic, codec, 13)
    ours, theirs = whole(raw, position), stock(raw, position)

    taken = ours.taken()

    assert taken == theirs.taken()
    assert [value for _, _, value in taken] == [b"%d" % offset for offset in range(position, 16)]
    assert ours.position == theirs.position == 16


@pytest.mark.parametrize("codec", [1, 2, 3, 4, 5, 6, 7])
def test_batch_that_is_not_of_its_codec_is_named_by_topic_partition_and_offset(codec: int) -> None:
    fetch = whole(batch(10, 3) + batch(13, 2, attributes=codec), 10)

    with pytest.raises(UnreadableBatchError, match="store-polls partition 0 can't be read from offset 13 on"):
        fetch.taken()


@given(st.integers(0, 60), st.binary(min_size=1, max_size=8))
def test_bytes_of_every_kind_are_read_or_named(place: int, garbage: bytes) -> None:
    damaged = bytearray(batch(13, 2))
    damaged[CHECKSUM_AT + 4 + place : CHECKSUM_AT + 4 + place + len(garbage)] = garbage
    struct.pack_into(">I", damaged, CHECKSUM_AT, calc_crc32c(bytes(damaged[ATTRIBUTES_AT:])))
    fetch = whole(bytes(damaged), 13)

    try:
        fetch.taken()
    except UnreadableBatchError as error:
        assert (error.topic, error.partition, error.offset) == ("store-polls", 0, 13)  # noqa: PT017 - or it is read

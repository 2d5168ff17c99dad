"""A batch of records that a consumer has fetched and can't read: named by its place instead of by a decoder's error."""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import cramjam
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

from stream_app.errors import StoreMonitorError

_Unpacked = TypeVar("_Unpacked")

_UNREADABLE = (
    CorruptRecordException,  # the checksum, or lengths that lead out of the batch
    UnsupportedCodecError,
    cramjam.DecompressionError,  # lz4, snappy, zstd
    zlib.error,
    EOFError,  # gzip, cut off
    OSError,  # gzip.BadGzipFile
    struct.error,  # the blocks of snappy
    ValueError,  # varints, and names of headers that aren't UTF-8
    OverflowError,
)


class UnreadableBatchError(StoreMonitorError):
    """A batch whose bytes or codec can't be read; nothing behind it in its partition is read either."""

    restart_mends = False

    def __init__(self, tp: TopicPartition, offset: int, cause: BaseException) -> None:
        self.topic, self.partition, self.offset = tp.topic, tp.partition, offset
        super().__init__(
            f"{tp.topic} partition {tp.partition} can't be read from offset {offset} on: the batch there is damaged or "
            f"compressed in an unknown way ({str(cause) or type(cause).__name__}). What stands before it is safe. "
            "Bring the partition back from a sound replica, or delete up to that batch's end (kafka-delete-records.sh)"
        )


def named(records: PartitionRecords, unpacked: Iterator[_Unpacked]) -> Iterator[_Unpacked]:
    """What a fetch unpacks to; raises UnreadableBatchError where that fails."""
    try:
        yield from unpacked
    except _UNREADABLE as error:
        raise UnreadableBatchError(records._tp, records.next_fetch_offset, error) from error  # noqa: SLF001


class Fetched(OrderedDict[TopicPartition, Any]):
    """What was fetched ahead, or a FetchError, by partition; the records of a fetch as `read` has them."""

    def __init__(
        self, fetched: Mapping[TopicPartition, Any], read: Callable[[PartitionRecords], PartitionRecords]
    ) -> None:
        self._read = read
        super().__init__(fetched)

    def __setitem__(self, tp: TopicPartition, fetched: Any) -> None:
        if isinstance(fetched, FetchResult):
            fetched._partition_records = self._read(fetched._partition_records)  # noqa: SLF001 - contract-tested
        super().__setitem__(tp, fetched)


def name_unreadable_batches(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer raise UnreadableBatchError from here on, where a decoder's own error would come."""
    consumer._fetcher._records = Fetched(consumer._fetcher._records, named_records)  # noqa: SLF001 - no other place


def named_records(records: PartitionRecords) -> PartitionRecords:
    """The records of a fetch, read as aiokafka does; raise UnreadableBatchError where that fails."""
    records._records_iterator = named(records, records._records_iterator)  # noqa: SLF001 - contract-tested
    return records

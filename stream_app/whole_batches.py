"""What a consumer fetches, read a whole Kafka batch at a time.

aiokafka takes a generator's step and two calls for each record, and dresses it as a ConsumerRecord: four times what it
takes to parse one. Here records come as they were parsed, with offset, timestamp, key and value.
"""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException


class WholeBatches(PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """The records of one partition's fetch, none of them of an aborted transaction, for a reader that takes them all.

    The position moves a batch at a time: it isn't one to go on from for a reader that stops half-way.
    """

    next_fetch_offset: int
    _records_iterator: Any  # aiokafka's generator, then ours

    def __init__(self, records: PartitionRecords) -> None:
        self.__dict__.update(vars(records))
        self._records_iterator.close()  # aiokafka's own, which else holds what was fetched until a garbage collection
        self._records_iterator = chain.from_iterable(self._unpack_batches())

    def __iter__(self) -> Iterator[Any]:
        records: Iterator[Any] = self._records_iterator
        return records

    def _unpack_batches(self) -> Iterator[list[Any]]:
        """The readable records of each batch. Raises CorruptRecordException and ends: the fetch is then done again."""
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            records = [] if batch.is_control_batch else list(batch)
            if records and records[0].offset < self.next_fetch_offset:  # a batch comes whole, wherever reading begins
                records = [record for record in records if record.offset >= self.next_fetch_offset]
            self.next_fetch_offset = batch.next_offset  # also behind records that compaction took from its end
            yield records


class _Fetched(OrderedDict[TopicPartition, Any]):
    """What was fetched ahead, or a FetchError, by partition; aborted transactions are left to aiokafka to skip."""

    def __setitem__(self, tp: TopicPartition, fetched: Any) -> None:
        if isinstance(fetched, FetchResult) and not fetched._partition_records._aborted_transactions:  # noqa: SLF001
            fetched._partition_records = WholeBatches(fetched._partition_records)  # noqa: SLF001
        super().__setitem__(tp, fetched)


def read_whole_batches(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer read so from here on; it must not be asked for a limited number of records."""
    consumer._fetcher._records = _Fetched(consumer._fetcher._records)  # noqa: SLF001 - there is no other place for it

"""What a consumer fetches, read a whole Kafka batch at a time.

aiokafka takes a generator's step and two calls for each record, and dresses it as a ConsumerRecord: four times what it
takes to parse one. Here records come as they were parsed, with offset, timestamp, key and value.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException

from stream_app.unreadable_batch import Fetched, named, named_records


class WholeBatches(PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """The records of one partition's fetch, none of them of an aborted transaction, for a reader that takes them all.

    The position moves a batch at a time: it isn't one to go on from for a reader that stops half-way.
    """

    next_fetch_offset: int
    _records_iterator: Any  # aiokafka's generator, then ours

    def __init__(self, records: PartitionRecords) -> None:
        self.__dict__.update(vars(records))
        self._records_iterator.close()  # aiokafka's own, which else holds what was fetched until a garbage collection
        self._records_iterator = chain.from_iterable(named(self, self._unpack_batches()))

    def __iter__(self) -> Iterator[Any]:
        records: Iterator[Any] = self._records_iterator
        return records

    def _unpack_batches(self) -> Iterator[list[Any]]:
        """The readable records of each batch. Raises CorruptRecordException and ends: the fetch is then done again."""
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException("the batch's checksum is not that of its bytes")
            records = [] if batch.is_control_batch else list(batch)
            if records and records[0].offset < self.next_fetch_offset:  # a batch comes whole, wherever reading begins
                records = [record for record in records if record.offset >= self.next_fetch_offset]
            self.next_fetch_offset = batch.next_offset  # also behind records that compaction took from its end
            yield records


def read_whole_batches(consumer: AIOKafkaConsumer) -> None:
    """Have a started consumer read so from here on; it must not be asked for a limited number of records.

    What can't be read is raised as UnreadableBatchError.
    """
    consumer._fetcher._records = Fetched(consumer._fetcher._records, _whole)  # noqa: SLF001 - there is no other place


def _whole(records: PartitionRecords) -> PartitionRecords:
    """Whole batches; those of aborted transactions are left to aiokafka to skip."""
    return named_records(records) if records._aborted_transactions else WholeBatches(records)  # noqa: SLF001

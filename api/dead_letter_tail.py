"""The newest dead letters: the end of their topic, as much of it as a page can show, read when somebody asks."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from api.kafka_ends import KafkaUnavailableError
from stream_app.dead_letters import DeadLetter, decode_dead_letter
from stream_app.errors import StoreMonitorError
from stream_app.log_ends import OpenTransaction, every_partition, high_watermarks, open_transactions, stopped
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of
from stream_app.unreadable_batch import name_unreadable_batches

MAX_OFFSETS = 20_000  # over all partitions; the command reads all
KEPT_S = 5.0
SHOWN = 50

_CONNECT_WITHIN_S = 3.0
_WITHIN_S = 10.0
_HELD_BACK_AFTER_S = 2.0  # a page waits for it; most transactions take some milliseconds
_RAW_CHARACTERS = 200
_RECORDS_AT_ONCE = 250  # some milliseconds of the event loop
_FETCH_BYTES = 1 << 20  # a partition: letters may be long, and all of a fetch is in memory


@dataclass(frozen=True, slots=True)
class Tail:
    """Counts by reason, the newest letters with no more than the beginning of their input, and how far it reaches.

    `is_whole` says that the topic holds nothing older, nor anything behind `open_transactions`.
    """

    counts: Counter[str]
    newest: Sequence[DeadLetter]
    is_whole: bool
    open_transactions: Sequence[OpenTransaction] = ()


class DeadLetterTail:
    """Reads the tail, at most once every KEPT_S."""

    def __init__(self, settings: Settings, max_offsets: int = MAX_OFFSETS) -> None:
        self._settings = settings
        self._max_offsets = max_offsets
        self._one_at_a_time = asyncio.Lock()
        self._found: tuple[float, Tail] | None = None

    async def read(self) -> Tail:
        """The tail as it was at most KEPT_S ago; raises KafkaUnavailableError."""
        async with self._one_at_a_time:
            if self._found is None or time.monotonic() - self._found[0] > KEPT_S:
                self._found = (time.monotonic(), await self._read())
            return self._found[1]

    async def _read(self) -> Tail:
        brokers = self._settings.kafka_brokers
        try:
            async with asyncio.timeout(_WITHIN_S), AsyncExitStack() as undo:
                consumer = AIOKafkaConsumer(
                    bootstrap_servers=brokers,
                    isolation_level="read_committed",
                    enable_auto_commit=False,
                    max_partition_fetch_bytes=_FETCH_BYTES,
                )
                undo.push_async_callback(stopped, consumer)
                async with asyncio.timeout(_CONNECT_WITHIN_S):
                    await ensure_topics(self._settings)
                    await consumer.start()
                    every = await every_partition(consumer, topics_of(self._settings).dead_letters)
                    ends = await high_watermarks(brokers, every)
                name_unreadable_batches(consumer)
                return await _tail(consumer, ends, self._max_offsets)
        except (KafkaError, StoreMonitorError, OSError, TimeoutError) as error:
            what = str(error) or f"{type(error).__name__} within {_WITHIN_S:g} s"
            raise KafkaUnavailableError(brokers, what) from error


async def _tail(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], max_offsets: int) -> Tail:
    consumer.assign(list(ends))
    begins = await consumer.beginning_offsets(list(ends))
    start = {each: max(begins[each], end - max_offsets // len(ends)) for each, end in ends.items()}
    for each, offset in start.items():
        consumer.seek(each, offset)
    letters: dict[bytes, DeadLetter] = {}
    held_back = await _read_letters(consumer, ends, letters)
    newest = sorted(letters.values(), key=lambda letter: letter.time, reverse=True)
    counts = Counter(letter.reason for letter in newest)
    is_whole = start == begins and not held_back
    return Tail(counts, newest[:SHOWN], is_whole, held_back)


async def _read_letters(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], letters: dict[bytes, DeadLetter]
) -> list[OpenTransaction]:
    """Read up to the ends; after _HELD_BACK_AFTER_S without a record, the open transactions that are in the way."""
    clock = asyncio.get_running_loop().time
    moved_at = clock()
    while missing := {each: end for each, end in ends.items() if await consumer.position(each) < end}:
        fetched = await consumer.getmany(timeout_ms=100, max_records=_RECORDS_AT_ONCE)
        for record in chain.from_iterable(fetched.values()):
            _take(letters, record)
        if fetched:
            moved_at = clock()
        elif clock() > moved_at + _HELD_BACK_AFTER_S and (
            held_back := open_transactions(missing, await consumer.end_offsets(list(missing)))
        ):
            return held_back
    return []


def _take(letters: dict[bytes, DeadLetter], record: Any) -> None:
    """A tombstone clears its letter; what is no letter counts for nothing."""
    key = record.key or b""
    letters.pop(key, None)
    if record.value is None:
        return
    try:
        letter = decode_dead_letter(record.value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    is_long = len(letter.raw) > _RAW_CHARACTERS
    letters[key] = (
        msgspec.structs.replace(
            letter, raw=letter.raw[:_RAW_CHARACTERS], raw_bytes=letter.raw_bytes or len(letter.raw.encode())
        )
        if is_long
        else letter
    )

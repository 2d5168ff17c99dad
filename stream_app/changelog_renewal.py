"""What to do where a changelog doesn't hold the whole state, because it was deleted or made anew since.

A meta in the changelog names the id of the changelog that its state is whole in (PartitionMeta.topic_ids). One that
names the changelog it stands in therefore says: everything up to here is the whole state. Everything else that a
changelog can hold is a part: what a worker sent before it noticed carries the id of the changelog before, and a whole
write that was interrupted has no meta, since that is its last record.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack
from enum import Enum, auto
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from stream_app.changelog import ChangelogWriter, TableItem
from stream_app.codec.table import (
    FAUST_OFFSET_KEY,
    META_KEY,
    RECOVERED_META_KEY,
    PartitionMeta,
    decode_meta,
    encode_meta,
)
from stream_app.database import Database

_OF_THE_DATABASE = {META_KEY, RECOVERED_META_KEY, FAUST_OFFSET_KEY}
PIECE_BYTES = 16 << 20  # of a transaction: some tenths of a second
_FETCH_WAIT_MS = 200
_STALLED_AFTER_S = 30.0


class Standing(Enum):
    """How a recovered state stands to its changelog."""

    EMPTY = auto()  # nothing was ever written to it
    WHOLE = auto()
    WITHOUT_ID = auto()  # written before ids were remembered
    PART = auto()


def standing(meta: PartitionMeta | None, changelog_id: str, *, has_values: bool) -> Standing:
    """How a state that was read from the changelog of this id stands to it."""
    if meta is None:
        return Standing.PART if has_values else Standing.EMPTY
    if meta.changelog_id is None:
        return Standing.WITHOUT_ID
    return Standing.WHOLE if meta.changelog_id == changelog_id else Standing.PART


def values(database: Database) -> Iterator[tuple[bytes, bytes]]:
    """What a database has of stores, without what it says of itself; raises DatabaseDamagedError."""
    return ((key, value) for key, value in database.scan(b"") if key not in _OF_THE_DATABASE)


def any_meta(database: Database) -> PartitionMeta | None:
    """The newest meta of a database, also of one that is being read from a changelog; None where there is none."""
    meta = database.get(RECOVERED_META_KEY) or database.get(META_KEY)
    return None if meta is None else decode_meta(meta)


def whole_meta(database: Database) -> PartitionMeta | None:
    """The meta of a database that holds a whole state; None while it is empty, or is being read from a changelog."""
    meta = database.get(META_KEY)
    is_whole = meta is not None and database.get(RECOVERED_META_KEY) is None
    return decode_meta(meta) if is_whole else None


def pieces(items: Iterable[TableItem]) -> Iterator[list[TableItem]]:
    """The items in lists that a transaction each has room for."""
    piece: list[TableItem] = []
    size = 0
    for key, value in items:
        piece.append((key, value))
        size += len(key) + len(value or b"")
        if size >= PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


async def write_whole(writer: ChangelogWriter, database: Database, meta: PartitionMeta) -> int:
    """Write a whole database to its changelog; return the offset of the last record, which is the meta.

    A crash before that record leaves a part behind, known for one. Raises what ChangelogWriter.commit raises.
    """
    for piece in pieces(values(database)):
        await writer.commit(piece, [])
    return await writer.commit([(META_KEY, encode_meta(meta))], [])


async def last_meta(brokers: str, changelog: str, partition: int) -> PartitionMeta | None:
    """The newest meta in a changelog's partition, None where it has none; reads all of it.

    Raises KafkaError, and TimeoutError where nothing is read for half a minute.
    """
    found: PartitionMeta | None = None
    tp = TopicPartition(changelog, partition)
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, isolation_level="read_committed", enable_auto_commit=False)
    async with AsyncExitStack() as undo:
        undo.push_async_callback(consumer.stop)
        await consumer.start()
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        async for record in _records(consumer, tp, end):
            if record.key == META_KEY:
                found = decode_meta(record.value)
    return found


async def _records(consumer: AIOKafkaConsumer, tp: TopicPartition, end: int) -> AsyncIterator[Any]:
    """What can be read below the end. The position is asked for anew: markers of transactions move it too."""
    loop = asyncio.get_running_loop()
    position, moved_at = -1, loop.time()
    while True:
        async with asyncio.timeout_at(moved_at + _STALLED_AFTER_S):
            before, position = position, await consumer.position(tp)
            if position >= end:
                return
            fetched = await consumer.getmany(tp, timeout_ms=_FETCH_WAIT_MS)
        for record in fetched.get(tp, ()):
            yield record
        if position != before:
            moved_at = loop.time()

"""Events that are no longer kept in memory, read from Kafka for one stream that resumes."""

import asyncio
from collections.abc import AsyncIterator

from aiokafka.errors import KafkaError

from api.feed_consumer import feed_consumer
from api.feed_position import FeedPosition
from api.pushed import EventBatch
from api.status_event import FeedCursor, Selection
from stream_app.errors import BrokerUnreachableError, StoreMonitorError
from stream_app.settings import Settings
from stream_app.unreadable_batch import UnreadableBatchError

MAX_DISTANCE = 200_000
"""Offsets that are read again for one stream; past it, reading the state anew is quicker for everybody."""

_AT_ONCE = 4  # streams that read; others wait for their turn
_WAIT_S = 1.0
_AT_MOST = 1_000
_WITHIN_S = 60.0


class FeedGoneError(StoreMonitorError):
    """What came after a position can't be had any more."""


class FeedUnreachableError(StoreMonitorError):
    """Kafka doesn't give what came after a position now; it may later."""


class FeedHistory:
    """Short-lived consumers, a few at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def between(
        self, position: FeedPosition, end: FeedPosition, selection: Selection
    ) -> AsyncIterator[EventBatch]:
        """The wanted events from a position up to another; raises FeedGoneError and FeedUnreachableError."""
        if position.distance_to(end) > MAX_DISTANCE:
            raise FeedGoneError(f"more than {MAX_DISTANCE:,} changes came since")
        clock = asyncio.get_running_loop().time
        async with self._turn:
            try:
                async with feed_consumer(self._settings) as consumer:
                    if not position.reaches(await consumer.begin()):
                        raise FeedGoneError("the topic no longer has what came next")
                    consumer.seek(position)
                    cursor = FeedCursor(position)
                    deadline = clock() + _WITHIN_S  # looked at, since a timeout would hit whoever this yields to
                    while not cursor.position.reaches(end):
                        if clock() > deadline:
                            raise FeedUnreachableError(f"reading what came since took longer than {_WITHIN_S:g} s")
                        records = await consumer.records(_WAIT_S, _AT_MOST)
                        events = cursor.take([one for one in records if one.offset < end.offsets[one.partition]])
                        cursor.move_to((await consumer.position()).at_most(end))
                        if chosen := selection.of(events):
                            yield EventBatch(chosen)
            except (KafkaError, BrokerUnreachableError, UnreadableBatchError, OSError, TimeoutError) as error:
                raise FeedUnreachableError(f"Kafka does not give what came since ({type(error).__name__})") from error

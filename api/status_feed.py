"""The one consumer of this process that feeds the hub with status changes."""

import asyncio

import structlog
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from api.feed_consumer import FeedConsumer, feed_consumer
from api.feed_position import FeedPosition
from api.held_back import HeldBack
from api.status_event import FeedCursor, StatusEvent
from api.status_hub import StatusHub
from stream_app.errors import StoreMonitorError
from stream_app.settings import Settings

log = structlog.get_logger()

_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 5.0
_WAIT_S = 1.0
_AT_MOST = 2_000  # records that are given to the streams at once
_BREATHER_S = 0.01  # in which what comes close together is gathered: streams cost by the write, not by the event


class StatusFeed:
    """Reads on without end, through failures of Kafka too; from where it was, as long as the topic has that."""

    def __init__(self, settings: Settings, hub: StatusHub) -> None:
        self._settings = settings
        self._hub = hub
        self._cursor: FeedCursor | None = None
        self._held_back = HeldBack()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; nothing can be streamed until Kafka has answered once."""
        self._loop = asyncio.create_task(self._run(), name="status-feed")
        self._loop.add_done_callback(_log_failure)

    async def stop(self) -> None:
        """Read no further."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait([self._loop])

    async def _run(self) -> None:
        wait_s = _FIRST_RETRY_S
        while True:
            try:
                async with feed_consumer(self._settings) as consumer:
                    cursor = await self._begin(consumer)
                    wait_s = _FIRST_RETRY_S
                    await self._follow(consumer, cursor)
            except OffsetOutOfRangeError:
                log.warning("push.feed_restarted")
                self._cursor = None
            except (KafkaError, StoreMonitorError, OSError, TimeoutError) as error:
                log.warning("push.feed_failed", reason=str(error) or type(error).__name__, retry_s=wait_s)
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _LAST_RETRY_S)

    async def _begin(self, consumer: FeedConsumer) -> FeedCursor:
        """The cursor to go on with; a new one comes to the end first, through as much as will be kept."""
        end, oldest = await consumer.end(), await consumer.begin()
        cursor = self._cursor
        if cursor is not None and cursor.position.reaches(oldest) and end.reaches(cursor.position):
            consumer.seek(cursor.position)
            return cursor
        each = self._settings.push_kept_events // max(consumer.partitions, 1)
        start = FeedPosition(tuple(max(a, b - each) for a, b in zip(oldest.offsets, end.offsets, strict=True)))
        consumer.seek(start)
        cursor = FeedCursor(start)
        kept = []
        while not cursor.position.reaches(end):
            kept += await self._read(consumer, cursor)
        self._hub.begin(start)
        self._hub.publish(kept, cursor.position)
        self._cursor = cursor
        log.info("push.feed_begun", position=str(cursor.position), kept=len(kept))
        return cursor

    async def _follow(self, consumer: FeedConsumer, cursor: FeedCursor) -> None:
        while True:
            events = await self._read(consumer, cursor)
            self._hub.publish(events, cursor.position)
            self._held_back.note(consumer.held_back())
            await asyncio.sleep(_BREATHER_S if events else 0)

    async def _read(self, consumer: FeedConsumer, cursor: FeedCursor) -> list[StatusEvent]:
        """What comes next; the cursor moves when nothing can go wrong any more, since it is where a failure resumes."""
        records, position = await consumer.records(_WAIT_S, _AT_MOST), await consumer.position()
        events = cursor.take(records)
        cursor.move_to(position)
        return events


def _log_failure(loop: "asyncio.Task[None]") -> None:
    if not loop.cancelled() and (error := loop.exception()) is not None:
        log.error("push.feed_broke", exc_info=error)

"""One stream's share of the live events: what it has still to write, up to a bound."""

import asyncio
from collections import deque
from collections.abc import Sequence

from api.pushed import Event, EventBatch, closed

MAX_PENDING_EVENTS = 5_000
MAX_PENDING_BYTES = 1 << 20
"""Of references to shared events; what one stream holds back by itself is far less."""

_TOO_SLOW = "the events came faster than they were read; resume with the last id"


class Subscription:
    """A bounded queue; what doesn't fit ends it, so that nobody else ever waits for this stream."""

    def __init__(self) -> None:
        self.last_event: Event | None = None
        self._pending: deque[EventBatch] = deque()
        self._events = self._bytes = 0
        self._arrived = asyncio.Event()

    def put(self, batch: EventBatch) -> None:
        """Hand over events; the queue is dropped where they are too many, since it can be had again by its ids."""
        if self.last_event is not None:
            return
        self._pending.append(batch)
        self._events += len(batch.events)
        self._bytes += batch.size
        self._arrived.set()
        if self._events > MAX_PENDING_EVENTS or self._bytes > MAX_PENDING_BYTES:
            self.end("too_slow", _TOO_SLOW)

    def end(self, reason: str, detail: str) -> None:
        """Let the stream write one last event and no more; the first reason counts."""
        if self.last_event is None:
            self.last_event = closed(reason, detail)
            self._clear()
            self._arrived.set()

    def wake(self) -> None:
        """Let the stream go on although nothing came."""
        self._arrived.set()

    async def take(self) -> Sequence[EventBatch]:
        """What is pending, at once or when something comes; nothing when it is woken, or at the end."""
        if not self._pending and self.last_event is None:
            self._arrived.clear()
            await self._arrived.wait()
        taken = tuple(self._pending)
        self._clear()
        return taken

    def _clear(self) -> None:
        self._pending.clear()
        self._events = self._bytes = 0

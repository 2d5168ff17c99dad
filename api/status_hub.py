"""Where the feed's events meet the streams that want them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from api.event_ring import EventRing
from api.feed_position import FeedPosition
from api.pushed import EventBatch
from api.status_event import Selection, StatusEvent
from api.subscription import Subscription

_BATCH = 1_000  # events of a resumed stream that are written at once


class StatusHub:
    """The newest events, and the streams by what they want: what many want is chosen and joined once.

    Everything is done between two awaits, so that a stream that resumes from what is kept misses and repeats nothing.
    """

    def __init__(self, kept_events: int) -> None:
        self._kept_events = kept_events
        self._ring: EventRing | None = None
        self._position: FeedPosition | None = None
        self._channels: dict[Selection, set[Subscription]] = {}
        self._moved = asyncio.Event()

    @property
    def position(self) -> FeedPosition:
        """How far the feed has come; raises RuntimeError before it has begun."""
        if self._position is None:
            raise RuntimeError("the feed has not begun")
        return self._position

    def begin(self, position: FeedPosition) -> None:
        """Start at a position; streams of an earlier start end, since nobody knows what they missed."""
        self.end_all("feed_restarted", "the topic no longer has what came next; resume, and read the state anew")
        self._ring = EventRing(position, self._kept_events)
        self._move(position)

    def publish(self, events: Sequence[StatusEvent], position: FeedPosition) -> None:
        """Give events that follow those before to every stream that wants them; the feed is at `position` then."""
        if self._ring is not None:
            self._ring.add(events)
        self._move(position)
        stores = {event.store_id for event in events} if events else set()
        for selection, streams in self._channels.items():
            if selection.store_id is not None and selection.store_id not in stores:
                continue
            if chosen := selection.of(events):
                batch = EventBatch(chosen)
                for stream in streams:
                    stream.put(batch)

    def keeps(self, position: FeedPosition) -> bool:
        """Whether every event from a position on is kept."""
        return self._ring is not None and position.reaches(self._ring.begin)

    def since(self, position: FeedPosition, selection: Selection) -> Iterator[EventBatch]:
        """The kept events from a position on that are wanted."""
        kept = [] if self._ring is None else self._ring.since(position)
        chosen = [event.seen_from(position) for event in selection.of(kept)]
        return (EventBatch(chosen[at : at + _BATCH]) for at in range(0, len(chosen), _BATCH))

    async def comes_to(self, position: FeedPosition | None, within_s: float) -> bool:
        """Whether the feed reaches a position in time; None: whether it begins."""
        try:
            async with asyncio.timeout(within_s):
                while self._position is None or not (position is None or self._position.reaches(position)):
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    @contextmanager
    def subscribed(self, selection: Selection) -> Iterator[Subscription]:
        """The wanted ones of all events that are published while the block runs."""
        stream = Subscription()
        self._channels.setdefault(selection, set()).add(stream)
        try:
            yield stream
        finally:
            streams = self._channels[selection]
            streams.discard(stream)
            if not streams:
                del self._channels[selection]

    def end_all(self, reason: str, detail: str) -> None:
        """End every stream, each with its last event."""
        for streams in self._channels.values():
            for stream in streams:
                stream.end(reason, detail)

    def _move(self, position: FeedPosition) -> None:
        self._position = position
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

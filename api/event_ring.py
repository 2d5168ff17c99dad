"""The newest events of the feed, kept in memory for streams that resume."""

from collections import deque
from collections.abc import Sequence

from api.feed_position import FeedPosition
from api.status_event import StatusEvent


class EventRing:
    """As many of the newest events as are to be kept; it has every event from `begin` on."""

    def __init__(self, begin: FeedPosition, max_events: int) -> None:
        self._begin = list(begin.offsets)
        self._max_events = max_events
        self._events: deque[StatusEvent] = deque()

    @property
    def begin(self) -> FeedPosition:
        """How far back it reaches."""
        return FeedPosition(tuple(self._begin))

    def add(self, events: Sequence[StatusEvent]) -> None:
        """Keep events that follow those kept, and let go of as many old ones as there are too many."""
        self._events.extend(events)
        while len(self._events) > self._max_events:
            oldest = self._events.popleft()
            self._begin[oldest.partition] = oldest.offset + 1

    def since(self, position: FeedPosition) -> list[StatusEvent]:
        """The kept events from a position on, which must not lie before `begin`."""
        offsets = position.offsets
        return [event for event in self._events if event.offset >= offsets[event.partition]]

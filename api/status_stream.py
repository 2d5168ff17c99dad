"""One stream of status changes, from its first event to its last."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from api.feed_history import FeedGoneError, FeedHistory, FeedUnreachableError
from api.feed_position import FeedPosition
from api.idle_timer import IdleTimer
from api.pushed import Heartbeat, Pushed, closed, gap, hello
from api.status_event import Selection
from api.status_hub import StatusHub

_AHEAD_WITHIN_S = 5.0  # a client that was served by another sidecar can be ahead of this one for a moment


@dataclass(frozen=True, slots=True)
class StatusStreams:
    """What streams of statuses are made of."""

    hub: StatusHub
    history: FeedHistory
    heartbeat_s: float

    async def follow(self, selection: Selection, after: FeedPosition | None) -> AsyncIterator[Pushed]:
        """The wanted changes after a position, by default from now on: each once, until the API ends the stream."""
        position = self.hub.position if after is None else after
        yield hello(str(position))
        if not await self.hub.comes_to(position, _AHEAD_WITHIN_S):
            position = self.hub.position
            yield gap(str(position), "the topic is not the one that the id was given for")
        while not self.hub.keeps(position):
            target = self.hub.position
            try:
                async for batch in self.history.between(position, target, selection):
                    yield batch
            except FeedGoneError as error:
                target = self.hub.position
                yield gap(str(target), str(error))
            except FeedUnreachableError as error:
                yield closed("kafka_unavailable", f"{error}; resume with the last id")
                return
            position = target
        # No await since keeps(): nothing is missed in between.
        with self.hub.subscribed(selection) as stream, IdleTimer(self.heartbeat_s, stream.wake) as quiet:
            for batch in self.hub.since(position, selection):
                yield batch
            while stream.last_event is None:
                quiet.touch()
                batches = await stream.take()
                for batch in batches:
                    yield batch
                if not batches and stream.last_event is None:
                    yield Heartbeat(str(self.hub.position))
            yield stream.last_event

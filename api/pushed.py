"""What is pushed to clients: events, encoded once for everybody who wants them."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import msgspec

HELLO, STATUS, REPORT, GAP, CLOSED, HEARTBEAT = "hello", "status", "report", "gap", "closed", "heartbeat"


class Pushed(Protocol):
    """One write to a client: Server-Sent Events, or texts of a WebSocket, one a message."""

    @property
    def sse(self) -> bytes:
        """As a piece of a text/event-stream."""

    @property
    def texts(self) -> Sequence[str]:
        """As messages."""


class Event:
    """One event: its name, the id to resume from (None: the one before stays), and its data as JSON."""

    def __init__(self, name: str, event_id: str | None, data: bytes) -> None:
        self.name = name
        self.id = event_id
        self.data = data
        line = b"" if event_id is None else b"id: %b\n" % event_id.encode()
        self.sse = b"%bevent: %b\ndata: %b\n\n" % (line, name.encode(), data)

    @property
    def text(self) -> str:
        """The event as a message."""
        line = "" if self.id is None else f'"id":"{self.id}",'
        return f'{{"event":"{self.name}",{line}"data":{self.data.decode()}}}'

    @property
    def texts(self) -> Sequence[str]:
        """The one message."""
        return (self.text,)


class EventBatch:
    """Events that go out together; joined once, whoever many streams they go to."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.size = sum(len(event.sse) for event in events)

    @cached_property
    def sse(self) -> bytes:
        """As a piece of a text/event-stream."""
        return b"".join([event.sse for event in self.events])

    @cached_property
    def texts(self) -> Sequence[str]:
        """A message an event."""
        return [event.text for event in self.events]


class Heartbeat:
    """A sign of life, which no client sees as an event of its own; it moves the id on that is resumed from."""

    def __init__(self, event_id: str | None) -> None:
        self._id = event_id

    @property
    def sse(self) -> bytes:
        """A comment; an id without data changes EventSource's last id and dispatches nothing."""
        return b":\n\n" if self._id is None else b":\nid: %b\n\n" % self._id.encode()

    @property
    def texts(self) -> Sequence[str]:
        """A WebSocket has no comments."""
        return (f'{{"event":"{HEARTBEAT}"}}' if self._id is None else f'{{"event":"{HEARTBEAT}","id":"{self._id}"}}',)


def hello(event_id: str) -> Event:
    """The first event of a stream of statuses: where it begins."""
    return Event(HELLO, event_id, b"{}")


def gap(event_id: str, reason: str) -> Event:
    """Events were missed that can't be had any more: the stream goes on from this id."""
    return Event(GAP, event_id, msgspec.json.encode({"reason": reason}))


def closed(reason: str, detail: str) -> Event:
    """The last event of a stream that the API ends; the id before it is the one to resume from."""
    return Event(CLOSED, None, msgspec.json.encode({"reason": reason, "detail": detail}))

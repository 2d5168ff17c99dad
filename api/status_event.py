"""Events of the feed of status changes, and which of them a stream wants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import structlog
from aiokafka import ConsumerRecord

from api.feed_position import FeedPosition
from api.pushed import STATUS, Event
from stream_app.codec.records import StatusChangeRecord, decode_status_change
from stream_app.domain.live_status import Status
from stream_app.domain.poll import ACTIVE
from stream_app.domain.rejection import Rejected

log = structlog.get_logger()

PolledStatus = Literal["up", "down"]


class StatusEvent(Event):
    """A status change, its place in the topic, and the position of the reader that has come past it."""

    def __init__(self, partition: int, offset: int, position: FeedPosition, change: StatusChangeRecord) -> None:
        self.partition = partition
        self.offset = offset
        self.position = position
        self.store_id = change.store_id
        self.status = Status.UP if change.status == ACTIVE else Status.DOWN
        super().__init__(
            STATUS, str(position), _encode(_Data(change.store_id, self.status, change.since_utc, change.corrected))
        )

    def seen_from(self, position: FeedPosition) -> Event:
        """The event for a stream that has had everything before `position`, by its own way: the id says both."""
        if self.position.reaches(position):
            return self
        return Event(STATUS, str(self.position.at_least(position)), self.data)


class _Data(msgspec.Struct, gc=False):
    store_id: str
    status: str
    since: str
    corrected: bool


_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Selection:
    """Which changes a stream wants: of one store, to one status, of stores with a text in their id; None: of all."""

    store_id: str | None = None
    status: PolledStatus | None = None
    q: str | None = None

    def of(self, events: Sequence[StatusEvent]) -> Sequence[StatusEvent]:
        """Those of the events that are wanted."""
        if self == EVERYTHING:
            return events
        return [event for event in events if self._takes(event)]

    def _takes(self, event: StatusEvent) -> bool:
        return (
            (self.store_id is None or event.store_id == self.store_id)
            and (self.status is None or event.status == self.status)
            and (self.q is None or self.q in event.store_id)
        )


EVERYTHING = Selection()


class FeedCursor:
    """A reader's place in the feed; the id of each event is the place behind it."""

    def __init__(self, position: FeedPosition) -> None:
        self._offsets = list(position.offsets)

    @property
    def position(self) -> FeedPosition:
        """What is read next."""
        return FeedPosition(tuple(self._offsets))

    def take(self, records: Iterable[ConsumerRecord]) -> list[StatusEvent]:
        """The records of some partitions, each in the order of its offsets; one that can't be read is passed over."""
        events = []
        for record in records:
            self._offsets[record.partition] = record.offset + 1
            change = decode_status_change(record.value)
            if isinstance(change, Rejected):
                where = {"partition": record.partition, "offset": record.offset}
                log.warning("push.record_unreadable", **where, reason=change.sentence)
            else:
                events.append(StatusEvent(record.partition, record.offset, self.position, change))
        return events

    def move_to(self, position: FeedPosition) -> None:
        """Go on past what holds no event, such as the markers of transactions."""
        self._offsets[:] = position.offsets

"""Streams that resume at hubs which read the topic in an order of their own: nothing is missed, nothing comes twice."""

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.event_ring import EventRing
from api.feed_position import BadEventIdError, FeedPosition, parse_position
from api.pushed import Event, EventBatch
from api.status_event import EVERYTHING, FeedCursor, Selection, StatusEvent
from api.status_hub import StatusHub
from api.subscription import MAX_PENDING_EVENTS, Subscription

PARTITIONS = 3
BEGIN = FeedPosition((0,) * PARTITIONS)


def record(partition: int, offset: int) -> Any:
    body = {"store_id": f"{partition}/{offset}", "status": "active", "since_utc": "2023-01-25T00:00:00Z"}
    return SimpleNamespace(partition=partition, offset=offset, value=msgspec.json.encode({**body, "corrected": False}))


def events_of(order: list[int]) -> list[StatusEvent]:
    """The topic as one reader comes to see it: `order` names the partition of each record."""
    offsets = [0] * PARTITIONS
    records = []
    for partition in order:
        records.append(record(partition, offsets[partition]))
        offsets[partition] += 2  # a marker lies behind each
    return FeedCursor(BEGIN).take(records)


def told(hub: StatusHub, last_id: str, selection: Selection = EVERYTHING) -> list[Event]:
    return [event for batch in hub.since(parse_position(last_id), selection) for event in batch.events]


def hub_with(events: list[StatusEvent]) -> StatusHub:
    hub = StatusHub(1000)
    hub.begin(BEGIN)
    hub.publish(events, events[-1].position if events else BEGIN)
    return hub


@given(
    orders=st.lists(st.integers(0, PARTITIONS - 1), max_size=12).flatmap(
        lambda order: st.lists(st.permutations(order), min_size=1, max_size=4)
    ),
    reads=st.lists(st.integers(0, 5), min_size=4, max_size=4),
)
def test_stream_resumed_at_one_hub_after_the_other_gets_each_event_once(
    orders: list[list[int]], reads: list[int]
) -> None:
    seen: list[str] = []
    last_id = str(BEGIN)
    for order, count in zip([*orders, orders[0]], [*reads[: len(orders)], 1000], strict=True):
        for event in told(hub_with(events_of(order)), last_id)[:count]:
            assert isinstance(event.id, str)
            seen.append(msgspec.json.decode(event.data)["store_id"])
            last_id = event.id

    assert sorted(seen) == sorted(f"{event.partition}/{event.offset}" for event in events_of(orders[0]))


def test_ring_reaches_back_as_far_as_what_it_let_go() -> None:
    ring = EventRing(BEGIN, 3)
    ring.add(events_of([0, 0, 1, 0, 2]))

    assert ring.begin == FeedPosition((3, 0, 0))
    assert [(event.partition, event.offset) for event in ring.since(FeedPosition((5, 0, 0)))] == [(1, 0), (2, 0)]


def test_streams_that_want_the_same_get_the_same_bytes() -> None:
    hub = hub_with([])
    events = events_of([0, 1, 2, 0])
    with ExitStack() as opened:
        wanted = (EVERYTHING, EVERYTHING, Selection(store_id="1/0"), Selection(q="0/"))
        streams = [opened.enter_context(hub.subscribed(selection)) for selection in wanted]
        hub.publish(events, events[-1].position)
        batches = [stream._pending for stream in streams]

    assert batches[0][0] is batches[1][0]
    assert [event.data for event in batches[2][0].events] == [events[1].data]
    assert [event.data for event in batches[3][0].events] == [events[0].data, events[3].data]


def test_queue_that_is_full_ends_its_stream_with_a_reason_and_keeps_nothing() -> None:
    stream = Subscription()
    batch = EventBatch(events_of([0] * 100))
    for _ in range(MAX_PENDING_EVENTS // 100):
        stream.put(batch)
    assert stream.last_event is None

    stream.put(batch)
    stream.put(batch)

    assert stream.last_event is not None
    assert msgspec.json.decode(stream.last_event.data)["reason"] == "too_slow"
    assert not stream._pending


@pytest.mark.parametrize("text", ["", "0", "0:", ":1", "0:1,", "1:0", "0:1,2:1", "0:1 ", "0:+1", "0:" + "9" * 19])
def test_text_that_no_stream_gave_is_no_id(text: str) -> None:
    with pytest.raises(BadEventIdError):
        parse_position(text)


def test_id_comes_back_as_the_position_that_it_is() -> None:
    position = FeedPosition((0, 17, 10**15))

    assert parse_position(str(position)) == position

"""Faust as it comes: an agent, and a table on RocksDB with its changelog.

python -m tests.benchmarks.rivals.stock_faust BROKERS TOPIC APP_ID DATA_DIR PARTITIONS POLLS VARIANT

VARIANT is `set`, one table set a poll; or `take`, which takes up to 2,000 polls at once and sets each of their stores
once. It stops setting after POLLS polls, and prints `sets_done <count>`.
"""

import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import faust
import msgspec
from faust.types import EventT, StreamT

TAKE, WITHIN_S = 2_000, 0.1


class Poll(msgspec.Struct):
    """What the polls' topic holds."""

    status: str
    timestamp_utc: str


_decode = msgspec.json.Decoder(Poll).decode


def entry(value: bytes) -> bytes:
    """Six bytes of a poll: its second and its status."""
    poll = _decode(value)
    second = int(datetime.fromisoformat(poll.timestamp_utc).timestamp())
    return (second << 1 | (poll.status == "inactive")).to_bytes(6, "little")


class Counter:
    """Counts polls up to a limit, and says what the harness waits for."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._sets = 0
        self._has_begun = False

    def take(self, wanted: int) -> int:
        """How many of these polls to take; from the first one on the time runs."""
        if not self._has_begun:
            self._has_begun = True
            print(f"first_record_at {time.time():.6f}", flush=True)
        return min(wanted, self._left)

    def took(self, polls: int, sets: int) -> None:
        """Count what went into the table."""
        self._left -= polls
        self._sets += sets
        if polls and not self._left:
            print(f"sets_done {self._sets}", flush=True)


def create_app(brokers: str, topic: str, app_id: str, data_dir: str, partitions: int) -> tuple[Any, Any, Any]:
    """The app without its agent, its source topic and its table."""
    app = faust.App(
        app_id,
        broker=[f"kafka://{broker}" for broker in brokers.split(",")],
        store="rocksdb://",
        datadir=data_dir,
        topic_partitions=partitions,
        topic_replication_factor=1,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        table_standby_replicas=0,
        web_enabled=False,
    )
    raw = {"key_type": bytes, "key_serializer": "raw", "value_type": bytes, "value_serializer": "raw"}
    polls = app.topic(topic, partitions=partitions, **raw)
    table = app.Table(
        "stores", key_type=bytes, value_type=bytes, partitions=partitions, options={"driver": "rocksdict"}
    )
    return app, polls, table


def set_agent(table: Any, counter: Counter) -> Callable[[StreamT[Any]], Any]:
    """One set a poll."""

    async def agent(stream: StreamT[Any]) -> None:
        async for key, value in stream.items():
            if counter.take(1):
                table[key] = (table.get(key) or b"") + entry(value)
                counter.took(1, 1)

    return agent


def take_agent(table: Any, counter: Counter) -> Callable[[StreamT[Any]], Any]:
    """One set a store of each batch."""

    async def agent(stream: StreamT[Any]) -> None:
        async for events in stream.take_events(TAKE, within=WITHIN_S):
            taken = events[: counter.take(len(events))]
            last, new = by_store(taken)
            for key, entries in new.items():
                # take() leaves no current event behind, and a table can't be set without one (faust issue 497).
                stream._set_current_event(last[key])
                table[key] = (table.get(key) or b"") + entries
            counter.took(len(taken), len(new))

    return agent


def by_store(events: Iterable[EventT[Any]]) -> tuple[dict[bytes, EventT[Any]], dict[bytes, bytes]]:
    """The last event of each store, and the entries of all of them."""
    last: dict[bytes, EventT[Any]] = {}
    new: dict[bytes, bytes] = {}
    for event in events:
        last[event.key] = event
        new[event.key] = new.get(event.key, b"") + entry(event.value)
    return last, new


def main(brokers: str, topic: str, app_id: str, data_dir: str, partitions: str, polls: str, variant: str) -> None:
    """Run until SIGTERM."""
    counter = Counter(int(polls))
    app, source, table = create_app(brokers, topic, app_id, data_dir, int(partitions))
    make = {"set": set_agent, "take": take_agent}[variant]
    app.agent(source)(make(table, counter))
    faust.Worker(app, quiet=True, redirect_stdouts=False, override_logging=False).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])

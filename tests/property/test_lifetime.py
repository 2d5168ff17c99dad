"""A partition's whole life, step by step in any order: polls, calendars, checkpoints, kills, time that moves on."""

import json
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from api.partition_content import PartitionContent
from stream_app.codec import store_values, table
from stream_app.domain.policy import POLICIES
from stream_app.domain.store_state import RetainedRange
from tests import reference
from tests.property.test_state import product_report
from tests.support.effort import examples
from tests.support.partition_log import CALENDARS, POLLS, CheckpointedPartition, SourceLog
from tests.support.strategies import BASE_DAYS, DAY_INTERVALS, ZONES, spelled_timestamp

STORES = st.sampled_from(["a", "b", "c"])
STATUSES = st.sampled_from(["active", "inactive"])
AGES = st.one_of(st.integers(0, 90), st.integers(0, 3 * 1440), st.integers(0, 40 * 1440)).map(
    lambda minutes: timedelta(minutes=minutes)
)
MICROS = st.sampled_from([0, 1, 30_000_000, 59_999_999])


def retained_statuses(content: PartitionContent, value: bytes) -> list[tuple[str, str]]:
    """The minutes of a store's retained polls, as changes spell them, and the statuses."""
    first = content.meta.retained_from
    assert first is not None
    states = store_values.decode_states([value], RetainedRange(first, first + 44 * 1440))
    minutes = states.entry_minutes.astype("datetime64[m]").astype("datetime64[s]").astype(str).tolist()
    return [
        (f"{minute}Z", "inactive" if entry & 1 else "active")
        for minute, entry in zip(minutes, states.entries.tolist(), strict=True)
    ]


class PartitionLifetime(RuleBasedStateMachine):
    """The partition's answers are those of the reference for everything that was appended and read."""

    @initialize(day=st.sampled_from(BASE_DAYS))
    def begin(self, day: datetime) -> None:
        self.now = day
        self.folder = Path(tempfile.mkdtemp())
        self.log = SourceLog()
        self.partition = CheckpointedPartition(self.log, self.folder / "table")
        self.polls: list[tuple[str, str, str]] = []
        self.messages: list[tuple[str, reference.MessageBody | None]] = []

    @rule(store=STORES, status=STATUSES, age=AGES, micros=MICROS)
    def append_poll(self, store: str, status: str, age: timedelta, micros: int) -> None:
        """Now, late, or far before the retained range."""
        moment = self.now - age + timedelta(microseconds=micros)
        row = (store, status, spelled_timestamp(moment, "Z", "T", "six"))
        self.polls.append(row)
        self.log.add_polls([row])

    @rule(store=STORES, zone=st.sampled_from(ZONES), day=st.integers(0, 6), intervals=DAY_INTERVALS)
    def append_calendar(self, store: str, zone: str, day: int, intervals: list[tuple[str, str]]) -> None:
        hours = [{"day": day, "start": start, "end": end} for start, end in intervals]
        self._append_message(store, {"timezone": zone, "hours": hours})

    @rule(store=STORES)
    def append_tombstone(self, store: str) -> None:
        self.messages.append((store, None))
        self.log.append(CALENDARS, store.encode(), None)

    @rule(store=STORES)
    def append_invalid_calendar(self, store: str) -> None:
        self._append_message(store, {"timezone": "Mars/Olympus", "hours": []})

    @rule(days=st.integers(1, 20))
    def time_moves_on(self, days: int) -> None:
        """The next poll moves the retained range."""
        self.now += timedelta(days=days)

    @rule(topic=st.sampled_from([POLLS, CALENDARS]), count=st.integers(1, 5))
    def read(self, topic: str, count: int) -> None:
        self.partition.read(topic, count)

    @rule(is_behind=st.booleans())
    def checkpoint(self, is_behind: bool) -> None:  # noqa: FBT001 - Hypothesis gives arguments by name
        self.partition.checkpoint(derive=not is_behind)

    @rule()
    def kill(self) -> None:
        self.partition.kill()

    @invariant()
    def stored_values_can_be_read(self) -> None:
        if hasattr(self, "partition"):
            store_values.decode_buckets(
                [value for key, value in self.partition.database.items() if table.is_store_key(key)]
            )

    @precondition(lambda self: self.polls)
    @rule(policy=st.sampled_from(list(POLICIES)), is_behind=st.booleans())
    def report(self, policy: str, is_behind: bool) -> None:  # noqa: FBT001 - as above
        """Everything read and durable, from the newest poll's T on, with the buckets or without."""
        self.partition.finish(derive=not is_behind)
        content = self.partition.content()
        calendars = reference.calendars_from_messages(self.messages)
        named = POLICIES[policy].policy
        of_reference = reference.Policy(named.before.value, named.between.value, named.max_gap, named.windows.value)

        expected = reference.report_of(self.polls, calendars, None, of_reference)

        assert product_report(content, None, policy) == expected

    @precondition(lambda self: self.polls)
    @rule()
    def listen(self) -> None:
        """Whoever keeps the last word on each store and minute knows the status of every retained poll."""
        self.partition.finish()
        content = self.partition.content()
        said: dict[str, dict[str, str]] = {}
        for _, value in self.partition.status_changes:
            change = json.loads(value)
            said.setdefault(change["store_id"], {})[change["since_utc"]] = change["status"]

        for store_id, value in zip(content.ids, content.values, strict=True):
            of_store = said[store_id.decode()]
            for minute, status in retained_statuses(content, value):
                assert of_store[max(since for since in of_store if since <= minute)] == status

    def teardown(self) -> None:
        if hasattr(self, "partition"):
            self.partition.close()
            shutil.rmtree(self.folder)

    def _append_message(self, store: str, body: reference.MessageBody) -> None:
        self.messages.append((store, body))
        self.log.append(CALENDARS, store.encode(), json.dumps({"store_id": store, **body}).encode())


TestPartitionLifetime = PartitionLifetime.TestCase
TestPartitionLifetime.settings = settings(max_examples=examples(100), stateful_step_count=30, deadline=None)

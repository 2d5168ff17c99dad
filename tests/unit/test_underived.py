"""Buckets that were left out while behind: found again, derived a piece at a time, also after a kill."""

import json
from collections.abc import Iterator

import pytest

from stream_app import partition_state
from stream_app.codec import store_values, table
from tests.support.partition_log import CALENDARS, POLLS, CheckpointedPartition, SourceLog, partition

ROWS = [(f"store-{number}", "active", f"2024-03-01T10:{number % 60:02}:00Z") for number in range(250)]


@pytest.fixture
def behind() -> Iterator[CheckpointedPartition]:
    log = SourceLog()
    log.add_polls(ROWS)
    with partition(log) as opened:
        opened.read(POLLS, len(ROWS))
        opened.checkpoint(derive=False)
        yield opened


def underived(of: CheckpointedPartition) -> int:
    return sum(not store_values.has_buckets(value) for value in of.content().values)


def test_checkpoint_behind_leaves_the_buckets_out(behind: CheckpointedPartition) -> None:
    assert underived(behind) == 250
    assert behind.content().meta.is_underived


def test_checkpoints_that_are_caught_up_make_up_for_them(
    behind: CheckpointedPartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_state, "DERIVED_AT_ONCE", 100)

    left = []
    while behind.state.is_underived:
        behind.checkpoint()
        left.append(underived(behind))

    assert left == [150, 50, 0]
    assert not behind.content().meta.is_underived


def test_many_stores_at_once_are_durable_before_their_buckets(
    behind: CheckpointedPartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind.checkpoint()
    monkeypatch.setattr(partition_state, "DERIVED_AT_ONCE", 100)
    behind.log.add_polls((store_id, "inactive", "2024-03-01T11:30:00Z") for store_id, *_ in ROWS[:101])
    behind.read(POLLS, 101)

    left: list[int] = []
    while not left or behind.state.is_underived:
        behind.checkpoint()
        left.append(underived(behind))

    assert left == [101, 1, 0]


def test_they_are_made_up_for_after_a_kill_too(behind: CheckpointedPartition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition_state, "DERIVED_AT_ONCE", 100)
    behind.checkpoint()

    behind.kill()
    while behind.state.is_underived:
        behind.checkpoint()

    assert underived(behind) == 0


def test_derived_values_are_those_of_a_worker_that_was_never_behind(behind: CheckpointedPartition) -> None:
    log = SourceLog()
    log.add_polls(ROWS)
    with partition(log) as never_behind:
        never_behind.finish()
        behind.checkpoint()

        assert behind.content().values == never_behind.content().values


def test_calendar_that_comes_while_behind_counts_for_the_buckets(behind: CheckpointedPartition) -> None:
    body = {"store_id": "store-7", "timezone": "UTC", "hours": [{"day": 4, "start": "10:00", "end": "10:10"}]}
    behind.log.append(CALENDARS, b"store-7", json.dumps(body).encode())
    behind.read(CALENDARS, 1)
    behind.checkpoint(derive=False)

    behind.checkpoint()

    (value,) = [value for key, value in behind.database.items() if key == b"store-7"]
    stored = store_values.decode_buckets([value])
    assert (stored.buckets.up.end - stored.buckets.up.start).sum() == 3  # 10:07 to 10:10, on a Friday
    assert table.is_store_key(b"store-7")

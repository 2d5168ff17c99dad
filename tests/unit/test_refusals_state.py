"""What a partition keeps of refused calendars, over a real RocksDB."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.stored_stores import StoredStores
from stream_app.codec.refusals import decode_refusals, encode_refusals, refusals_key
from stream_app.domain.refusals import Refusals
from tests.support.partition_log import CALENDARS, CheckpointedPartition, SourceLog

NINE_TO_FIVE = {"day": 0, "start": "09:00", "end": "17:00"}


@pytest.fixture
def partition(tmp_path: Path) -> Iterator[CheckpointedPartition]:
    opened = CheckpointedPartition(SourceLog(), tmp_path / "table.db")
    yield opened
    opened.close()


def send_calendar(partition: CheckpointedPartition, **fields: object) -> None:
    partition.log.append(CALENDARS, b"shop", json.dumps({"store_id": "shop", **fields}).encode())
    keep(partition)


def send_refusals(partition: CheckpointedPartition, refusals: Refusals) -> None:
    partition.log.append(CALENDARS, refusals_key("shop"), encode_refusals(refusals))
    keep(partition)


def keep(partition: CheckpointedPartition) -> None:
    """A checkpoint, and a restart."""
    partition.read(CALENDARS, 1)
    partition.checkpoint()
    partition.kill()


def kept(partition: CheckpointedPartition) -> dict[str, Refusals]:
    return {store_id.decode(): decode_refusals(value) for store_id, value in partition.content().refusals.items()}


def test_refusals_alone_are_kept_and_make_no_store_known(partition: CheckpointedPartition) -> None:
    send_refusals(partition, Refusals(hours=12))

    assert kept(partition) == {"shop": Refusals(hours=12)}
    assert StoredStores(partition.content()).ids == []


def test_refusals_leave_the_calendar_that_was_there(partition: CheckpointedPartition) -> None:
    send_calendar(partition, hours=[NINE_TO_FIVE])
    before = partition.content().calendars
    send_refusals(partition, Refusals(hours=12))

    assert partition.content().calendars == before


def test_valid_calendar_and_tombstone_take_refusals_back(partition: CheckpointedPartition) -> None:
    send_refusals(partition, Refusals(hours=12))
    send_calendar(partition, hours=[NINE_TO_FIVE])
    assert kept(partition) == {}

    send_refusals(partition, Refusals(zones=1))
    partition.log.append(CALENDARS, b"shop", None)
    keep(partition)
    assert kept(partition) == {}


def test_message_that_is_refused_whole_is_kept_as_refused_beside_the_last_valid_one(
    partition: CheckpointedPartition,
) -> None:
    send_calendar(partition, hours=[NINE_TO_FIVE])
    send_calendar(partition, timezone="Mars/Olympus")

    assert kept(partition) == {"shop": Refusals(message=True)}
    assert [json.loads(value)["reason"] for _, value in partition.dead_letters] == ["unknown_zone"]
    assert StoredStores(partition.content()).calendar_of(0).hours != ()


def test_refusals_that_cannot_be_read_are_a_dead_letter(partition: CheckpointedPartition) -> None:
    partition.log.append(CALENDARS, refusals_key("shop"), b"{")
    keep(partition)

    assert [json.loads(value)["reason"] for _, value in partition.dead_letters] == ["malformed_record"]
    assert kept(partition) == {}

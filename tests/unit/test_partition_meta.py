"""The partition's meta in the forms that databases and changelogs have it."""

from pathlib import Path

import pytest
from rocksdict import Options, Rdict

from stream_app.changelog_renewal import Standing, standing
from stream_app.codec.table import META_KEY, PartitionMeta, decode_meta, encode_meta
from stream_app.database import Database
from stream_app.partition_state import PartitionOptions, PartitionState

BEFORE_IDS = (
    b'{"positions":{"store-polls":7,"store-calendars":2},"stream_time":1674648000000000,"retained_from":27000000,'
    b'"changelog":"app-store-state-changelog","partition":3}'
)
IDS = {"store-polls": "id-1", "store-calendars": "id-2", "app-store-state-changelog": "id-3"}


def test_meta_from_before_ids_is_read_and_has_none() -> None:
    meta = decode_meta(BEFORE_IDS)

    assert (meta.positions["store-polls"], meta.partition, meta.topic_ids, meta.changelog_id) == (7, 3, {}, None)


def test_meta_without_ids_is_written_as_it_was_before_them() -> None:
    assert encode_meta(decode_meta(BEFORE_IDS)) == BEFORE_IDS


def test_meta_with_ids_comes_back_whole() -> None:
    meta = PartitionMeta({"store-polls": 7}, changelog="app-store-state-changelog", partition=3, topic_ids=IDS)

    assert decode_meta(encode_meta(meta)) == meta
    assert meta.changelog_id == "id-3"


@pytest.mark.parametrize(
    ("held", "told", "written"),
    [
        ({}, IDS, IDS),
        (IDS, {}, IDS),  # a Kafka that tells none takes none away
        (IDS, IDS, IDS),
    ],
)
def test_every_checkpoint_carries_the_ids(
    tmp_path: Path, held: dict[str, str], told: dict[str, str], written: dict[str, str]
) -> None:
    database = Database(0, Rdict(str(tmp_path / "db"), Options(raw_mode=True)))
    database.write([(META_KEY, encode_meta(PartitionMeta({"store-polls": 7}, topic_ids=held)))])
    options = PartitionOptions(0, 1, "app-store-state-changelog", 16, 1_000, told)

    changes = PartitionState(options, database).take_changes(derive=True)

    assert decode_meta(dict(changes.items)[META_KEY]).topic_ids == written
    database.close()


@pytest.mark.parametrize(
    ("ids", "has_values", "found"),
    [
        (None, False, Standing.EMPTY),
        (None, True, Standing.PART),  # a whole write that was interrupted: its meta is its last record
        ({"changelog": "old"}, True, Standing.PART),
        ({"changelog": "old"}, False, Standing.PART),
        ({"changelog": "now"}, True, Standing.WHOLE),
        ({"changelog": "now"}, False, Standing.WHOLE),
        ({}, True, Standing.WITHOUT_ID),
    ],
)
def test_changelog_is_whole_only_by_a_meta_that_names_it(
    ids: dict[str, str] | None, *, has_values: bool, found: Standing
) -> None:
    meta = None if ids is None else PartitionMeta({}, changelog="changelog", topic_ids=ids)

    assert standing(meta, "now", has_values=has_values) is found

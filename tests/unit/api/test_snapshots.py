"""Secondaries on real RocksDB databases, also while those are written, deleted and made anew."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.partition_content import PartitionContent
from api.snapshots import DatabaseUnreadableError, Secondary
from stream_app.codec.table import PartitionMeta
from stream_app.domain.store_calendar import StoreCalendar
from tests.support.tables import PrimaryTable, calendar_items
from tests.support.waiting import comes_true

WRITE_FOR_EVER = """
import sys
from pathlib import Path
from stream_app.codec.table import PartitionMeta
from tests.support.tables import PrimaryTable
primary = PrimaryTable(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    primary.checkpoint({b"%03d" % store: b"%d" % number for store in range(300)}, PartitionMeta({"polls": number}))
    if number % 40 == 0:
        primary.flush()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tables" / "store-state-0.db"


@pytest.fixture
def secondary(tmp_path: Path, path: Path) -> Iterator[Secondary]:
    secondary = Secondary(path, tmp_path / "secondary")
    yield secondary
    secondary.close()


def write(path: Path, position: int, **values: bytes) -> None:
    with PrimaryTable(path) as primary:
        primary.checkpoint({key.encode(): value for key, value in values.items()}, meta(position))


def meta(position: int) -> PartitionMeta:
    return PartitionMeta({"polls": position})


def test_missing_database_is_named_and_not_made(secondary: Secondary, path: Path) -> None:
    secondary.catch_up()

    assert secondary.meta is None
    assert str(path) in str(secondary.problem)
    assert secondary.read_all() is None
    assert secondary.read_stores(["a"]) is None
    assert not path.exists()


def test_database_that_appears_is_read(secondary: Secondary, path: Path) -> None:
    secondary.catch_up()
    write(path, 1, a=b"A", b=b"B")

    secondary.catch_up()

    content = secondary.read_all()
    assert content is not None
    assert (content.meta, content.ids, content.values) == (meta(1), [b"a", b"b"], [b"A", b"B"])
    assert secondary.meta == meta(1)
    assert secondary.problem is None


def test_checkpoint_is_seen_at_the_next_catch_up_while_the_primary_is_open(secondary: Secondary, path: Path) -> None:
    with PrimaryTable(path) as primary:
        primary.checkpoint({b"a": b"1"}, meta(1))
        secondary.catch_up()
        primary.checkpoint({b"a": b"2"}, meta(2))
        before = secondary.meta

        secondary.catch_up()

        stored = secondary.read_stores(["a"])
    assert before == meta(1)
    assert stored == PartitionContent(meta(2), [b"a"], [b"2"], {})


def test_calendar_of_a_store_is_beside_its_polls_and_is_no_store(secondary: Secondary, path: Path) -> None:
    calendars = calendar_items({"a": StoreCalendar("UTC")})
    with PrimaryTable(path) as primary:
        primary.checkpoint(calendars, meta(1))

    secondary.catch_up()

    content, stored = secondary.read_all(), secondary.read_stores(["a"])
    assert content == stored == PartitionContent(meta(1), [], [], {b"a": next(iter(calendars.values()))})


@pytest.mark.parametrize("stores", [1, 2, 3, 7, 100])
def test_slices_hold_together_what_the_whole_holds(secondary: Secondary, path: Path, stores: int) -> None:
    ids = ["!", "\U0001f600", "__faust", "__faust-a", "a", "a/b", "b", "\u00fc"]
    unpolled = ["\u0020\u0020x", "__faust0", "zz", "\U0001f601"]
    calendars = calendar_items({store_id: StoreCalendar("UTC") for store_id in [*ids[::2], *unpolled]})
    with PrimaryTable(path) as primary:
        primary.checkpoint({**{store_id.encode(): b"v" for store_id in ids}, **calendars}, meta(1))
    secondary.catch_up()
    whole, scan = secondary.read_all(), secondary.scan(stores)
    assert whole is not None
    assert scan is not None

    slices = list(scan.slices)

    assert [store_id for each in slices for store_id in each.ids] == whole.ids == sorted(map(str.encode, ids))
    assert {key: value for each in slices for key, value in each.calendars.items()} == whole.calendars
    assert sum(len(each.calendars) for each in slices) == len(calendars)
    assert all(each.calendars.keys() & set(whole.ids) <= set(each.ids) for each in slices)
    assert all(len(each.ids) <= stores for each in slices)
    assert scan.keys >= len(ids) + len(calendars)


@pytest.mark.parametrize("store_id", ["", "__faust", "a ", "\u00e9", "../a"])
def test_unknown_store_has_neither_value_nor_calendar(secondary: Secondary, path: Path, store_id: str) -> None:
    write(path, 1, a=b"A")
    secondary.catch_up()

    assert secondary.read_stores([store_id]) == PartitionContent(meta(1), [], [], {})


def test_deleted_database_is_missing_again(secondary: Secondary, path: Path) -> None:
    write(path, 1, a=b"A")
    secondary.catch_up()
    path.rename(path.with_name("gone"))

    secondary.catch_up()

    assert secondary.meta is None
    assert secondary.read_all() is None


def test_database_made_anew_replaces_the_old_one(secondary: Secondary, path: Path) -> None:
    write(path, 9, a=b"old", b=b"old")
    secondary.catch_up()
    path.rename(path.with_name("gone"))
    write(path, 1, a=b"new")

    secondary.catch_up()

    content = secondary.read_all()
    assert content is not None
    assert (content.meta, content.ids, content.values) == (meta(1), [b"a"], [b"new"])


def test_half_made_database_is_a_problem_and_is_read_once_it_is_whole(secondary: Secondary, path: Path) -> None:
    path.mkdir(parents=True)
    (path / "CURRENT").write_text("MANIFEST-000001\n")
    (path / "IDENTITY").write_text("half")
    secondary.catch_up()
    problem = secondary.problem
    path.rename(path.with_name("gone"))
    write(path, 1, a=b"A")

    secondary.catch_up()

    assert "can't be read" in str(problem)
    assert secondary.meta == meta(1)


def test_corrupted_file_is_an_error_and_never_a_shorter_table(secondary: Secondary, path: Path) -> None:
    with PrimaryTable(path) as primary:
        primary.checkpoint({b"%05d" % store: b"%d" % store * 100 for store in range(2000)}, meta(1))
        primary.flush()
    file = next(path.glob("*.sst"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 500] = bytes(500)
    file.write_bytes(content)
    secondary.catch_up()

    with pytest.raises(DatabaseUnreadableError, match="checksum"):
        secondary.read_all()


def test_table_of_another_version_is_a_problem_by_name(secondary: Secondary, path: Path) -> None:
    with PrimaryTable(path) as primary:
        primary.checkpoint({}, PartitionMeta({}, format_version=99))

    secondary.catch_up()

    assert "format 99" in str(secondary.problem)
    assert secondary.meta is None


def test_no_read_is_torn_while_another_process_writes(secondary: Secondary, path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, path])
    try:
        assert comes_true((path / "IDENTITY").exists)
        seen = set()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            secondary.catch_up()
            content, stored = secondary.read_all(), secondary.read_stores(["150"])
            if content is not None and stored is not None and content.ids:
                position = content.meta.positions["polls"]
                assert set(content.values) == {b"%d" % position}
                assert stored.values == [b"%d" % stored.meta.positions["polls"]]
                seen.add(position)
        assert writer.poll() is None
        assert len(seen) > 10
    finally:
        writer.kill()
        writer.wait()

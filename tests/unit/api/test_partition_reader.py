"""One partition in the databases of several workers, on real RocksDB files: the furthest in the changelog is read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.partition_content import PartitionContent
from api.partition_reader import PartitionReader
from api.snapshots import Secondary
from stream_app.codec.table import FAUST_OFFSET_KEY, PartitionMeta
from tests.support.tables import PrimaryTable


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "worker-1" / "store-state-0.db", tmp_path / "worker-2" / "store-state-0.db"


@pytest.fixture
def reader(tmp_path: Path, paths: tuple[Path, Path]) -> Iterator[PartitionReader]:
    reader = PartitionReader(paths, tmp_path / "reader")
    yield reader
    reader.close()


def write(path: Path, offset: int, **values: bytes) -> None:
    """A checkpoint at a changelog offset; the position is a hundred times as much, to tell the two apart."""
    with PrimaryTable(path) as primary:
        primary.checkpoint({key.encode(): value for key, value in values.items()}, meta(offset), offset)


def meta(offset: int) -> PartitionMeta:
    return PartitionMeta({"polls": offset * 100})


def read(reader: PartitionReader) -> tuple[PartitionMeta, dict[bytes, bytes]] | None:
    """Everything, after a catch-up."""
    reader.catch_up()
    content = reader.read_all()
    return None if content is None else (content.meta, dict(zip(content.ids, content.values, strict=True)))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_database_furthest_in_the_changelog_is_read_and_never_mixed_with_another(
    reader: PartitionReader, paths: tuple[Path, Path], order: tuple[int, int]
) -> None:
    behind, ahead = (paths[worker] for worker in order)
    write(behind, 9, a=b"old", only_behind=b"old")
    write(ahead, 10, a=b"new")  # greater as a number, smaller as text

    found = read(reader)

    assert found == (meta(10), {b"a": b"new"})
    assert reader.meta == meta(10)
    assert reader.read_stores(["only_behind"]) == PartitionContent(meta(10), [], [], {})


def test_order_that_changes_under_an_open_reader_is_followed_both_ways(
    reader: PartitionReader, paths: tuple[Path, Path]
) -> None:
    with PrimaryTable(paths[0]) as first, PrimaryTable(paths[1]) as second:
        seen = []
        for offset, primary in ((1, first), (2, second), (3, first), (4, first), (7, second)):
            primary.checkpoint({b"a": b"%d" % offset}, meta(offset), offset)
            seen.append(read(reader))

    assert seen == [(meta(offset), {b"a": b"%d" % offset}) for offset in (1, 2, 3, 4, 7)]


def test_what_is_read_is_as_of_the_catch_up_also_where_the_other_database_overtakes_meanwhile(
    reader: PartitionReader, paths: tuple[Path, Path]
) -> None:
    write(paths[0], 5, a=b"5")
    write(paths[1], 4, a=b"4")
    reader.catch_up()
    write(paths[1], 6, a=b"6")

    before, after = reader.read_all(), read(reader)

    assert before is not None
    assert (before.meta, before.values) == (meta(5), [b"5"])
    assert after == (meta(6), {b"a": b"6"})


def test_database_that_is_gone_leaves_the_next_one(reader: PartitionReader, paths: tuple[Path, Path]) -> None:
    write(paths[0], 2, a=b"2")
    write(paths[1], 1, a=b"1")
    both = read(reader)
    paths[0].rename(paths[0].with_name("gone"))
    one = read(reader)
    paths[1].rename(paths[1].with_name("gone"))

    assert (both, one, read(reader)) == ((meta(2), {b"a": b"2"}), (meta(1), {b"a": b"1"}), None)
    assert all(str(path) in str(reader.problem) for path in paths)
    assert not any(path.exists() for path in paths)


def test_database_made_anew_is_read_once_it_has_passed_the_other(
    reader: PartitionReader, paths: tuple[Path, Path]
) -> None:
    write(paths[0], 9, a=b"9")
    write(paths[1], 5, a=b"5")
    read(reader)
    paths[0].rename(paths[0].with_name("gone"))
    seen = []
    with PrimaryTable(paths[0]) as rebuilt:
        for offset in (1, 6):
            rebuilt.checkpoint({b"a": b"anew %d" % offset}, meta(offset), offset)
            seen.append(read(reader))

    assert seen == [(meta(5), {b"a": b"5"}), (meta(6), {b"a": b"anew 6"})]


def test_database_without_positions_is_not_read(reader: PartitionReader, paths: tuple[Path, Path]) -> None:
    PrimaryTable(paths[0]).close()
    alone = read(reader)
    problem = str(reader.problem)
    write(paths[1], 0, a=b"0")

    assert alone is None
    assert "has no positions yet" in problem
    assert read(reader) == (meta(0), {b"a": b"0"})


def test_unreadable_database_is_named_beside_the_one_that_is_read_instead(
    reader: PartitionReader, paths: tuple[Path, Path]
) -> None:
    write(paths[0], 1, a=b"1")
    with PrimaryTable(paths[1]) as primary:
        primary.checkpoint({}, PartitionMeta({}, format_version=99), 2)

    found = read(reader)

    assert found == (meta(1), {b"a": b"1"})
    assert "format 99" in str(reader.problem)


def test_missing_database_of_another_worker_is_no_problem(reader: PartitionReader, paths: tuple[Path, Path]) -> None:
    write(paths[1], 1, a=b"1")

    reader.catch_up()

    assert reader.problem is None


def test_offset_that_is_no_number_is_a_problem_by_name(tmp_path: Path, paths: tuple[Path, Path]) -> None:
    with PrimaryTable(paths[0]) as primary:
        primary.checkpoint({}, meta(1), 1)
        primary.put(FAUST_OFFSET_KEY, b"-1")
    secondary = Secondary(paths[0], tmp_path / "secondary")

    secondary.catch_up()

    assert "changelog offset" in str(secondary.problem)
    assert secondary.meta is None


NOW, BEFORE = "id-of-now", "id-of-before"


@pytest.mark.parametrize(
    ("far", "near", "read_one"),
    [
        (BEFORE, NOW, "near"),
        (BEFORE, None, "near"),
        (None, NOW, "near"),
        (NOW, NOW, "far"),
        (None, None, "far"),
        (NOW, BEFORE, "far"),
    ],
)
def test_database_of_the_changelog_that_is_there_now_comes_before_one_further_in_a_deleted_one(
    reader: PartitionReader, paths: tuple[Path, Path], far: str | None, near: str | None, read_one: str
) -> None:
    metas = {"far": meta_with_id(far, 10_000), "near": meta_with_id(near, 300)}
    for path, (name, offset) in zip(paths, (("far", 10_000), ("near", 300)), strict=True):
        with PrimaryTable(path) as primary:
            primary.checkpoint({name.encode(): b"x"}, metas[name], offset)
    reader.topic_ids = {"changelog": NOW}

    reader.catch_up()

    assert reader.meta == metas[read_one]


def meta_with_id(changelog_id: str | None, offset: int) -> PartitionMeta:
    ids = {} if changelog_id is None else {"changelog": changelog_id}
    return PartitionMeta({"polls": offset}, changelog="changelog", partition=0, topic_ids=ids)

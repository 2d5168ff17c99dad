"""Which databases a start trusts: real RocksDB files, whole, damaged and foreign."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from rocksdict import Options, Rdict

from stream_app import database_files
from stream_app.codec.table import FAUST_OFFSET_KEY, META_KEY, PartitionMeta, encode_meta
from stream_app.database import Database, DatabaseDamagedError, DatabaseLockedError, call
from stream_app.database_files import Provenance

HERE = Provenance("app-store-state-changelog", 3, end=100)
META = PartitionMeta({"store-polls": 7}, changelog=HERE.changelog, partition=HERE.partition)


def opened(path: Path) -> Database:
    return Database(3, call(3, Rdict, str(path), Options(raw_mode=True)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store-state-3.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = opened(path)
    yield database
    database.close()


def written(database: Database, meta: PartitionMeta, offset: bytes | None = b"99") -> Database:
    stores = [(b"store-%d" % number, b"x" * 200) for number in range(500)]
    offsets = [] if offset is None else [(FAUST_OFFSET_KEY, offset)]
    database.write([*stores, (META_KEY, encode_meta(meta)), *offsets])
    return database


def test_new_database_is_trusted(database: Database) -> None:
    assert database_files.why_untrusted(database, HERE) is None


def test_own_database_is_trusted(database: Database) -> None:
    assert database_files.why_untrusted(written(database, META), HERE) is None


def test_database_older_than_the_names_in_its_meta_is_trusted(database: Database) -> None:
    assert database_files.why_untrusted(written(database, PartitionMeta({})), HERE) is None


@pytest.mark.parametrize(
    ("meta", "offset", "reason"),
    [
        (META, b"100", "it stands at changelog offset 100, but the changelog ends at 100"),
        (META, None, "it has values, but no changelog offset"),
        (META, b"many", "invalid literal for int"),
        (
            PartitionMeta({}, changelog="other-changelog"),
            b"9",
            "it is a copy of other-changelog, not of app-store-state",
        ),
        (PartitionMeta({}, partition=2), b"9", "it is partition 2, not 3"),
        (PartitionMeta({}, format_version=250), b"9", "the state table is in format 250"),
    ],
)
def test_database_of_another_state_is_not_trusted(
    database: Database, meta: PartitionMeta, offset: bytes | None, reason: str
) -> None:
    assert reason in str(database_files.why_untrusted(written(database, meta, offset), HERE))


@pytest.mark.parametrize(
    ("held", "offset", "now", "has_outlived"),
    [
        ("old", 50, "new", True),  # whatever its offset
        ("old", 500, "new", True),
        ("new", 50, "new", False),
        ("new", 500, "new", False),  # the changelog has lost its end: rebuilt from what it still has
        (None, 500, "new", True),
        (None, 50, "new", False),
        ("old", 500, None, False),  # Kafka tells no ids
    ],
)
def test_database_of_a_changelog_that_was_deleted_is_told_by_its_id_or_by_being_ahead(
    held: str | None, offset: int, now: str | None, *, has_outlived: bool
) -> None:
    ids = {} if held is None else {HERE.changelog: held}
    meta = replace(META, topic_ids=ids)

    found = database_files.has_outlived(meta, offset, Provenance(HERE.changelog, HERE.partition, HERE.end, now))

    assert found is has_outlived


def test_database_of_a_deleted_changelog_is_trusted_although_it_is_ahead_of_the_new_one(database: Database) -> None:
    meta = replace(META, topic_ids={HERE.changelog: "old"})
    expected = Provenance(HERE.changelog, HERE.partition, HERE.end, "new")

    assert database_files.why_untrusted(written(database, meta, b"1000"), expected) is None


def test_damaged_table_file_is_found_out(path: Path) -> None:
    rdict = Rdict(str(path), Options(raw_mode=True))
    written(Database(3, rdict), META)
    rdict.flush()
    rdict.close()
    table = next(path.glob("*.sst"))
    content = bytearray(table.read_bytes())
    content[100:140] = b"\xff" * 40
    table.write_bytes(content)
    database = opened(path)

    reason = database_files.why_untrusted(database, HERE)

    assert "partition 3 is damaged" in str(reason)
    assert "mismatch" in str(reason)
    database.close()


def test_torn_end_of_the_write_ahead_log_leaves_the_last_whole_write(path: Path, database: Database) -> None:
    written(written(database, META, b"50"), META, b"60")
    left = path.with_name("left-by-a-crash.db")  # closing it would write the log out
    shutil.copytree(path, left)
    log = max(left.glob("*.log"), key=lambda file: file.stat().st_size)
    log.write_bytes(log.read_bytes()[:-7])

    recovered = opened(left)

    assert recovered.get(FAUST_OFFSET_KEY) == b"50"
    assert database_files.why_untrusted(recovered, HERE) is None
    recovered.close()


def test_database_without_its_current_file_or_manifest_is_damaged(path: Path) -> None:
    written(opened(path), META).close()
    for manifest in path.glob("MANIFEST-*"):
        manifest.unlink()

    with pytest.raises(DatabaseDamagedError):
        opened(path)


def test_database_of_a_running_worker_is_locked_rather_than_damaged(path: Path, database: Database) -> None:
    with pytest.raises(DatabaseLockedError, match="does a worker run on its DATA_DIR"):
        opened(path)
    assert database.get(b"any") is None


def test_condemned_database_is_removed_with_its_mark(path: Path) -> None:
    written(opened(path), META).close()
    database_files.condemn(path, "unreadable")
    reason = database_files.condemned(path)
    assert reason == "unreadable"

    database_files.remove(path, reason)

    assert not path.exists()
    assert database_files.condemned(path) is None

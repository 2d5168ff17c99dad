"""What recovery makes of the changelog's runs: a real table of a Faust app, and a reader of its database."""

from dataclasses import dataclass
from pathlib import Path

import faust
import pytest
from faust.types import TP

from api.snapshots import Secondary
from stream_app.app import create_app
from stream_app.codec.table import META_KEY, RECOVERED_META_KEY, PartitionMeta, encode_meta
from stream_app.database import Database
from stream_app.settings import Settings
from stream_app.state_table import StateTable
from stream_app.transport import Run

META = PartitionMeta({"store-polls": 7})


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the changelog."""

    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Message:
    """A run as recovery gets it."""

    tp: TP
    partition: int
    offset: int
    value: Run


@dataclass(frozen=True, slots=True)
class Event:
    """What Faust wraps a message in."""

    message: Message


@pytest.fixture
def table(tmp_path: Path) -> StateTable:
    app: faust.App = create_app(Settings.model_validate({"DATA_DIR": str(tmp_path)}), partitions=1)
    (table,) = app.tables.values()
    assert isinstance(table, StateTable)
    table.databases[0] = Database(0, table.data._db_for_partition(0))
    return table


def apply(table: StateTable, *records: Record) -> None:
    run = Run(records, records[0].offset, records[-1].offset + 1)
    tp = TP(table.changelog_topic_name, 0)
    table.apply_changelog_batch([Event(Message(tp, 0, records[-1].offset, run))])


def test_database_is_whole_only_when_recovery_has_ended(table: StateTable, tmp_path: Path) -> None:
    reader = Secondary(table.settings.table_paths(0)[0], tmp_path / "reader")
    apply(table, Record(4, META_KEY, encode_meta(META)))  # compaction has taken the value that came before it
    reader.catch_up()
    during = reader.meta, reader.read_all()
    apply(table, Record(8, b"store", b"value"))

    table.finish_recovery(0)

    reader.catch_up()
    content = reader.read_all()
    assert during == (None, None)
    assert content is not None
    assert (content.meta, content.ids, reader.changelog_offset) == (META, [b"store"], 8)
    reader.close()


def test_meta_that_was_set_aside_survives_a_kill(table: StateTable) -> None:
    apply(table, Record(4, META_KEY, encode_meta(META)))
    table.databases[0] = Database(0, table.databases[0]._opened)  # as a new process finds it: nothing but the files

    table.finish_recovery(0)

    assert table.databases[0].get(META_KEY) == encode_meta(META)
    assert table.databases[0].get(RECOVERED_META_KEY) is None


def test_run_that_the_database_holds_already_is_passed_over(table: StateTable) -> None:
    apply(table, Record(8, b"store", b"newer"))

    apply(table, Record(3, b"store", b"older"))

    assert table.databases[0].get(b"store") == b"newer"


def test_tombstone_deletes(table: StateTable) -> None:
    apply(table, Record(1, b"store", b"value"), Record(2, b"store", None))

    assert table.databases[0].get(b"store") is None

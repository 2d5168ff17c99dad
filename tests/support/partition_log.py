"""A partition's source topics as lists, and a real RocksDB that a PartitionState reads and checkpoints write."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import rocksdict
from faust.types import TP

from api.partition_content import PartitionContent
from stream_app.codec import refusals, table
from stream_app.database import Database
from stream_app.intake import take_in_calendars, take_in_polls
from stream_app.partition_state import PartitionOptions, PartitionState
from tests import reference

POLLS, CALENDARS = "store-polls", "store-calendars"
APPENDED_AT_MILLIS = 4_000_000_000_000  # the year 2096: nothing is ahead of it
RETENTION_DAYS = 16
OPTIONS = PartitionOptions(0, 1, "store-state-changelog", RETENTION_DAYS, cache_bytes=2_000)  # a few stores fit


@dataclass(frozen=True, slots=True)
class Record:
    """What the worker uses of a Kafka record."""

    topic: str
    offset: int
    key: bytes | None
    value: bytes | None
    partition: int = 0
    timestamp: int = APPENDED_AT_MILLIS


@dataclass(slots=True)
class SourceLog:
    """The records of one partition, of both topics, in the order of their offsets."""

    records: dict[str, list[Record]] = field(default_factory=lambda: {POLLS: [], CALENDARS: []})

    def append(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        log = self.records[topic]
        log.append(Record(topic, len(log), key, value))

    def add_polls(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Rows as they are, valid or not: the worker has to sort them out."""
        for store_id, status, timestamp in rows:
            body = {"store_id": store_id, "status": status, "timestamp_utc": timestamp}
            self.append(POLLS, store_id.strip(" ").encode(), json.dumps(body).encode())

    def add_calendars(self, hours_rows: Sequence[tuple[str, ...]], zone_rows: Sequence[tuple[str, ...]]) -> None:
        """One merged message a store, of its valid rows; behind them what was refused of each."""
        zones = dict(reference.valid(reference.parse_zone_row, zone_rows))
        hours: dict[str, list[dict[str, object]]] = {}
        for row in hours_rows:
            for store_id, _ in reference.valid(reference.parse_hours_row, [row]):
                hours.setdefault(store_id, []).append({"day": int(row[1]), "start": row[2], "end": row[3]})
        for store_id in sorted(zones.keys() | hours.keys()):
            body = {"store_id": store_id, "timezone": zones.get(store_id), "hours": hours.get(store_id, [])}
            self.append(CALENDARS, store_id.encode(), json.dumps(body).encode())
        for store_id, refused in reference.refused_from_rows(hours_rows, zone_rows).items():
            value = {"hours": refused.hours, "zones": refused.zones}
            self.append(CALENDARS, refusals.PREFIX + store_id.encode(), json.dumps(value).encode())


class CheckpointedPartition:
    """A partition that can be read into, checkpointed, and killed at any point."""

    def __init__(self, log: SourceLog, path: Path) -> None:
        self.log = log
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)  # noqa: FBT003 - RocksDB's own setter
        self.database = rocksdict.Rdict(str(path), options=options)
        self.state = self._fresh_state()
        self.dead_letters: list[tuple[bytes, bytes]] = []
        self.status_changes: list[tuple[bytes, bytes]] = []

    def read(self, topic: str, count: int) -> None:
        """Take in the next records, at most `count`."""
        start = self.state.position(topic)
        run = self.log.records[topic][start : start + count]
        if topic == POLLS:
            self.dead_letters += take_in_polls(self.state, TP(topic, 0), run, max_future_s=300)
        else:
            self.dead_letters += take_in_calendars(self.state, TP(topic, 0), run)
        self.state.advance(topic, start + len(run))

    def checkpoint(self, *, derive: bool = True) -> None:
        """One checkpoint, of a worker that is caught up or of one that is behind."""
        changes = self.state.take_changes(derive=derive)
        self.status_changes += changes.status_changes
        Database(0, self.database).write(changes.items)
        self.state.keep(changes)

    def kill(self) -> None:
        """Lose what no checkpoint took; reading goes on from the position that the database holds."""
        self.state = self._fresh_state()

    def finish(self, *, derive: bool = True) -> None:
        """Read everything there is and make it durable."""
        for topic, records in self.log.records.items():
            self.read(topic, len(records))
        self.checkpoint(derive=derive)

    def content(self) -> PartitionContent:
        items = dict(self.database.items())
        ids = sorted(key for key in items if table.is_store_key(key))
        calendars, refused = (
            {key.removeprefix(prefix): value for key, value in items.items() if key.startswith(prefix)}
            for prefix in (table.CALENDAR_PREFIX, refusals.PREFIX)
        )
        meta = table.decode_meta(items[table.META_KEY])
        return PartitionContent(meta, ids, [items[key] for key in ids], calendars, refused)

    def close(self) -> None:
        self.database.close()

    def _fresh_state(self) -> PartitionState:
        return PartitionState(OPTIONS, Database(0, self.database))


@contextmanager
def partition(log: SourceLog) -> Iterator[CheckpointedPartition]:
    """A partition in a folder that goes with the block."""
    folder = Path(tempfile.mkdtemp())
    opened = CheckpointedPartition(log, folder / "table")
    try:
        yield opened
    finally:
        opened.close()
        shutil.rmtree(folder)

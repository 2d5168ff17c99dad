"""One partition, read from whichever worker of this host has it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from api.partition_content import PartitionContent, PartitionScan
from api.snapshots import Secondary
from stream_app.codec.table import PartitionMeta
from stream_app.topic_ids import TopicIds


class PartitionReader:
    """The databases of one partition, one a worker, of which the one furthest in the changelog is read.

    A worker that loses a partition leaves its database behind, and whoever has it next begins with what the changelog
    holds: the highest changelog offset is the owner's as soon as it has written something. At equal offsets the
    contents are equal. `paths` are the workers' places, where there need not be anything; `folder` is RocksDB's own for
    this partition in this process.

    Offsets compare within one changelog only. `topic_ids` are Kafka's own ids of the topics, as far as they are known:
    a database of the changelog that is there now comes before one that doesn't say which it is of, and that before
    one of a changelog that was deleted.
    """

    def __init__(self, paths: Sequence[Path], folder: Path) -> None:
        self.topic_ids: TopicIds = {}
        self.databases = tuple(Secondary(path, folder / str(worker)) for worker, path in enumerate(paths))

    @property
    def current(self) -> Secondary | None:
        """The database to read, as of their latest catch-ups; None where there is none."""
        readable = (database for database in self.databases if database.meta is not None)
        return max(readable, key=self._rank, default=None)

    @property
    def meta(self) -> PartitionMeta | None:
        """The current database's, None where there is none."""
        return None if self.current is None else self.current.meta

    @property
    def problem(self) -> str | None:
        """Why there is no database, or what may hide a newer one: one that is there and can't be read."""
        is_missing = self.current is None
        problems = [database.problem for database in self.databases if is_missing or database.is_unreadable]
        return "; ".join(filter(None, problems)) or None

    def catch_up(self) -> None:
        """See what the workers have written by now; holds the GIL for as long as Secondary.catch_up, a database."""
        for database in self.databases:
            database.catch_up()

    def read_all(self) -> PartitionContent | None:
        """Everything, of one database; None where there is none. Raises StateError, DatabaseUnreadableError."""
        return None if self.current is None else self.current.read_all()

    def scan(self, stores: int) -> PartitionScan | None:
        """Everything in slices, of one database; None where there is none. Raises as read_all."""
        return None if self.current is None else self.current.scan(stores)

    def read_stores(self, store_ids: Iterable[str]) -> PartitionContent | None:
        """Some stores, of one database; None where there is none. Raises StateError, DatabaseUnreadableError."""
        return None if self.current is None else self.current.read_stores(store_ids)

    def _rank(self, database: Secondary) -> tuple[int, int]:
        meta = database.meta
        held = None if meta is None else meta.changelog_id
        there_now = None if meta is None or meta.changelog is None else self.topic_ids.get(meta.changelog)
        is_known = held is not None and there_now is not None
        return (1 if held == there_now else -1) if is_known else 0, database.changelog_offset

    def close(self) -> None:
        """Let go of the files."""
        for database in self.databases:
            database.close()

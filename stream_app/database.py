"""A partition's open RocksDB, with one class for whatever is wrong with its files."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import rocksdict

from stream_app.errors import StateError

_Result = TypeVar("_Result")
_Item = tuple[bytes, bytes | None]


class DatabaseDamagedError(StateError):
    """The files can't be read or written: they are rebuilt from the changelog."""

    def __init__(self, partition: int, what: str) -> None:
        self.partition = partition
        super().__init__(f"the database of partition {partition} is damaged: {what}")


class DatabaseLockedError(StateError):
    """Another process has the database open."""

    def __init__(self, partition: int, what: str) -> None:
        super().__init__(f"the database of partition {partition} is in use: {what}; does a worker run on its DATA_DIR?")


class Database:
    """What the worker does with a partition's database."""

    def __init__(self, partition: int, opened: rocksdict.Rdict) -> None:
        self.partition = partition
        self._opened = opened

    def get(self, key: bytes) -> bytes | None:
        """The value of a key; raises DatabaseDamagedError."""
        value: bytes | None = call(self.partition, self._opened.get, key)
        return value

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The value of each key; raises DatabaseDamagedError."""
        return call(self.partition, lambda: list(map(self._opened.get, keys)))

    def scan(self, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from `start` on in the order of their bytes, with their values; raises DatabaseDamagedError."""
        iterator: rocksdict.RdictIter = call(self.partition, self._opened.iter)
        call(self.partition, iterator.seek, start)
        while call(self.partition, iterator.valid):
            yield iterator.key(), iterator.value()
            iterator.next()
        call(self.partition, iterator.status)  # an iterator ends at a damaged block too

    def close(self) -> None:
        """Let go of the files and their lock."""
        self._opened.close()

    def write(self, items: Sequence[_Item]) -> None:
        """All of the items or none, on the disk; a value of None deletes its key. Raises DatabaseDamagedError.

        Without the sync a power cut may keep a later log file and lose the end of an earlier one. RocksDB doesn't
        notice such a gap (its check, track_and_verify_wals, can't be set through rocksdict), and the batches in it
        would be missing for good, since the changelog is read from the last batch on.
        """
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in items:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        call(self.partition, self._opened.write, batch, _synced())


def _synced() -> rocksdict.WriteOptions:
    options = rocksdict.WriteOptions()
    options.sync = True
    return options


def call(partition: int, function: Callable[..., _Result], *arguments: object) -> _Result:
    """Call RocksDB; what it raises is given one of these classes: rocksdict raises a bare Exception for everything."""
    try:
        return function(*arguments)
    except Exception as error:
        if type(error) is not Exception:
            raise
        is_locked = "/LOCK: " in str(error)
        raise (DatabaseLockedError if is_locked else DatabaseDamagedError)(partition, str(error)) from error

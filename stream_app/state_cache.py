"""The table's values in memory, in front of RocksDB: bounded, and never ahead of it."""

from collections.abc import Iterable, Sequence

from stream_app.database import Database

Value = bytes | None

# What Python keeps beside the bytes of a key and a value: two objects' headers and a place in a dict.
_OVERHEAD_BYTES = 180


class StateCache:
    """A partition's values by key, read through from its database; None where that has no such key.

    Two generations stand in for an order of use: what is asked for moves to the young one, and once that has half of
    `max_bytes` it becomes the old one, whose values go. Nothing is lost: a checkpoint is written before it is kept.
    """

    def __init__(self, database: Database, max_bytes: int) -> None:
        self._database = database
        self._half_bytes = max_bytes // 2
        self._young: dict[bytes, Value] = {}
        self._old: dict[bytes, Value] = {}
        self._young_bytes = self._old_bytes = 0

    @property
    def size(self) -> int:
        """About the bytes of memory that keys and values take."""
        return self._young_bytes + self._old_bytes

    def get_many(self, keys: Sequence[bytes]) -> list[Value]:
        """The value of each key; raises DatabaseDamagedError."""
        found = {key: held[key] for held in (self._old, self._young) for key in keys if key in held}
        missing = [key for key in keys if key not in found]
        read = zip(missing, self._database.get_many(missing), strict=True)
        found.update((key, value) for key, value in read if value is not None)  # a new key is written in a moment
        self.keep([(key, value) for key, value in found.items() if key not in self._young])
        return [found.get(key) for key in keys]

    def keep(self, items: Iterable[tuple[bytes, Value]]) -> None:
        """Take in what the database holds: what was read from it, or has just been written to it."""
        for key, value in items:
            if key in self._young:
                self._young_bytes -= _bytes_of(key, self._young[key])
            self._young[key] = value
            self._young_bytes += _bytes_of(key, value)
            if self._young_bytes > self._half_bytes:
                self._old, self._old_bytes = self._young, self._young_bytes
                self._young, self._young_bytes = {}, 0


def _bytes_of(key: bytes, value: Value) -> int:
    return len(key) + (0 if value is None else len(value)) + _OVERHEAD_BYTES

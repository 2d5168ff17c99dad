"""The table's values in memory, in front of RocksDB: bounded, and never ahead of it."""

from collections.abc import Callable, Mapping, Sequence

from stream_app.database import Database

Value = bytes | None

# What Python keeps beside the bytes of a key and a value: two objects' headers and a place in a dict.
_OVERHEAD_BYTES = 180
_KEPT_AT_ONCE = 5_000
_ABSENT: Value = b"no value, told apart by its identity"


class StateCache:
    """A partition's values by key, read through from its database; None where that has no such key.

    Two generations stand in for an order of use: what is asked for moves to the young one, and once that has half of
    `max_bytes`, by some thousand values more at most, it becomes the old one, whose values go. Nothing is lost: a
    checkpoint is written before it is kept.
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
        return _filled(self._young, keys, self._from_old)

    def keep(self, items: Sequence[tuple[bytes, Value]]) -> None:
        """Take in what the database holds: what was read from it, or has just been written to it."""
        for start in range(0, len(items), _KEPT_AT_ONCE):
            self._keep(dict(items[start : start + _KEPT_AT_ONCE]))

    def _from_old(self, keys: Sequence[bytes]) -> list[Value]:
        """The values of keys that the young generation lacks; those that there are become young."""
        values = _filled(self._old, keys, self._database.get_many)
        # A key that is new to the database is written in a moment.
        self.keep([(key, value) for key, value in zip(keys, values, strict=True) if value is not None])
        return values

    def _keep(self, items: Mapping[bytes, Value]) -> None:
        young = self._young
        replaced = {key: young[key] for key in items if key in young}
        young.update(items)
        self._young_bytes += _bytes_of(items) - _bytes_of(replaced)
        if self._young_bytes > self._half_bytes:
            self._old, self._old_bytes = young, self._young_bytes
            self._young, self._young_bytes = {}, 0


def _filled(
    held: Mapping[bytes, Value], keys: Sequence[bytes], rest: Callable[[Sequence[bytes]], list[Value]]
) -> list[Value]:
    """The value of each key; `rest` gives those of the keys that aren't held."""
    values = [held.get(key, _ABSENT) for key in keys]
    absent = [at for at, value in enumerate(values) if value is _ABSENT]
    if absent:
        for at, value in zip(absent, rest([keys[at] for at in absent]), strict=True):
            values[at] = value
    return values


def _bytes_of(items: Mapping[bytes, Value]) -> int:
    return sum([len(key) + len(value or b"") for key, value in items.items()]) + len(items) * _OVERHEAD_BYTES

"""The stores whose minute buckets were left out while the worker was behind, found again by going through the table."""

from stream_app.codec.store_values import has_buckets
from stream_app.codec.table import is_store_key
from stream_app.database import Database

_FIRST_STORE = b"\x01"  # after the service's own keys
_LOOKED_AT_ONCE = 20_000


class Underived:
    """Where a partition's search for them stands; it begins anew with every checkpoint that leaves buckets out."""

    def __init__(self, database: Database, *, is_any: bool) -> None:
        self._database = database
        self._next = _FIRST_STORE
        self.is_any = is_any

    def begin(self) -> None:
        """Buckets are being left out, of any stores."""
        self._next, self.is_any = _FIRST_STORE, True

    def take(self, limit: int) -> list[str]:
        """The next of these stores, at most `limit`, none of them twice; raises DatabaseDamagedError."""
        found: list[str] = []
        if not self.is_any:
            return found
        for looked_at, (key, value) in enumerate(self._database.scan(self._next)):
            if len(found) == limit or looked_at == _LOOKED_AT_ONCE:
                self._next = key
                return found
            if is_store_key(key) and not has_buckets(value):
                found.append(key.decode())
        self._next, self.is_any = _FIRST_STORE, False
        return found

"""How many connections there are, in all and of each address: what a flood of them may take is bounded."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack


class Connections:
    """Counts open connections; WebSockets, which began as HTTP, are among them."""

    def __init__(self, most: int, most_of_an_address: int) -> None:
        self._most = most
        self._most_of_an_address = most_of_an_address
        self._by_address: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many there are now."""
        return self._by_address.total()

    def place(self, address: str) -> Callable[[], None]:
        """Count one more; the answer gives its place back, and does nothing when it is called again."""
        self._by_address[address] += 1
        left = ExitStack()
        left.callback(self._leave, address)
        return left.close

    def complaint(self, address: str) -> str | None:
        """Which limit is passed now, in words; None where none is."""
        if self.open > self._most:
            return f"{self._most} connections are open already (API_MAX_CONNECTIONS)"
        if self._by_address[address] > self._most_of_an_address:
            return f"{self._most_of_an_address} connections of {address} are open already (API_MAX_ADDRESS_CONNECTIONS)"
        return None

    def _leave(self, address: str) -> None:
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

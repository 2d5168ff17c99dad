"""Open transactions in the topic of status changes that last: they are said, once each."""

from collections.abc import Callable, Iterable
from time import monotonic

import structlog

from stream_app.log_ends import OpenTransaction

log = structlog.get_logger()

_LASTING_S = 5.0  # a checkpoint's own transaction is open for some milliseconds


class HeldBack:
    """Since when each partition's last stable offset has stood still below its end."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since: dict[tuple[int, int], float] = {}  # by partition and last stable offset
        self._told: set[tuple[int, int]] = set()

    def note(self, transactions: Iterable[OpenTransaction]) -> None:
        """Take in what is open now; what has been for _LASTING_S is logged, once."""
        now = self._clock()
        found = {(one.partition, one.readable): one for one in transactions}
        self._since = {place: self._since.get(place, now) for place in found}
        lasting = {place for place, since in self._since.items() if now - since >= _LASTING_S}
        for place in lasting - self._told:
            log.warning("push.held_back", reason=str(found[place]))
        self._told = lasting

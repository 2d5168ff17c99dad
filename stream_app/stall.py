"""When a partition stands still although Kafka has more for it to read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from faust.types import TP

from stream_app.errors import StoreMonitorError


class StalledPartitionError(StoreMonitorError):
    """A partition has lagged and taken nothing for STALL_LIMIT; its worker ends, and the next start reads on."""

    def __init__(self, stall: "Stall") -> None:
        self.partition, self.topic = stall.reading.tp.partition, stall.reading.tp.topic
        self.seconds, self.lag = stall.seconds, stall.lag
        super().__init__(
            f"partition {self.partition} has stood still at offset {stall.reading.position} of {self.topic} for "
            f"{self.seconds:.0f} s (STALL_LIMIT), though Kafka has {self.lag} offsets more for it. This worker ends; "
            "started again it reads on from what is kept, and nothing is lost. If that doesn't help, its log says more"
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one topic of a partition is read.

    `reader` is whoever reads it: what its predecessor left undone doesn't count against it. `is_waiting` says that
    nothing can be taken until a checkpoint has ended, which bounds itself (TRANSACTION_TIMEOUT).
    """

    tp: TP
    position: int
    reader: object
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """For how many seconds a reading hasn't moved, and how many offsets there are to be read; both may be 0."""

    reading: Reading
    seconds: float
    lag: int


class StallClock:
    """Compares one look at all readings with the one before; whoever looks says how much time counts between them."""

    def __init__(self) -> None:
        self._before: Mapping[TP, Stall] = {}

    def look(self, readings: Iterable[Reading], ends: Mapping[TP, int], ran_s: float) -> list[Stall]:
        """Every reading's stall; `ends` are the offsets up to which committed records can be read, where Kafka tells.

        Where it doesn't, the partition may well be waiting for Kafka itself, and begins anew when it answers.
        """
        found = [self._stall(reading, ends.get(reading.tp, 0), ran_s) for reading in readings]
        self._before = {stall.reading.tp: stall for stall in found}
        return found

    def _stall(self, reading: Reading, end: int, ran_s: float) -> Stall:
        lag = max(end - reading.position, 0)
        before = self._before.get(reading.tp)
        if lag == 0 or before is None or before.lag == 0 or not _stands_still(before.reading, reading):
            return Stall(reading, 0.0, lag)
        return Stall(reading, before.seconds + (0.0 if reading.is_waiting else ran_s), lag)


def _stands_still(before: Reading, now: Reading) -> bool:
    return (before.position, before.reader) == (now.position, now.reader)

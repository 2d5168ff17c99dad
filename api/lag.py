"""How far the tables are behind the topics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream_app.log_ends import OpenTransaction

Offsets = tuple[Mapping[str, int], ...]  # by partition: topic -> offset


@dataclass(frozen=True, slots=True)
class TopicLag:
    """One topic of one partition; a position of None says that the partition has no database."""

    partition: int
    topic: str
    position: int | None
    end: int

    @property
    def records(self) -> int:
        """How many offsets are missing."""
        return max(self.end - (self.position or 0), 0)

    @property
    def is_reached(self) -> bool:
        """Whether everything below the end is in the table; a missing database does not even hold an empty topic."""
        return self.position is not None and self.records == 0

    def is_held_back_by(self, transaction: OpenTransaction) -> bool:
        """Whether nothing but this transaction keeps the rest from being read."""
        return (
            (self.topic, self.partition) == (transaction.topic, transaction.partition)
            and self.position is not None
            and self.position >= transaction.readable
        )

    def __str__(self) -> str:
        """For a reason that people read."""
        at = "without a database" if self.position is None else f"at {self.position}"
        return f"partition {self.partition} {at} of {self.end} in {self.topic}"


def lags(positions: Sequence[Mapping[str, int] | None], ends: Offsets) -> list[TopicLag]:
    """Every topic of every partition; a position that a table doesn't have yet is 0."""
    return [
        TopicLag(partition, topic, None if at is None else at.get(topic, 0), end)
        for partition, (at, of_partition) in enumerate(zip(positions, ends, strict=True))
        for topic, end in of_partition.items()
    ]

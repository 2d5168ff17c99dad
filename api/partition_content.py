"""What is read of a partition's table at one checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass

from stream_app.codec.table import PartitionMeta


@dataclass(frozen=True, slots=True)
class PartitionContent:
    """All of a partition at one checkpoint: ids in the order of their bytes, their values, and calendars by id."""

    meta: PartitionMeta
    ids: list[bytes]
    values: list[bytes]
    calendars: dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class PartitionScan:
    """The same a slice at a time: `slices` are its stores in the order of their ids, each with its calendar.

    There is always one slice, and a store without polls comes behind those of its slice. `keys` is roughly how many
    keys stores and calendars have together.
    """

    meta: PartitionMeta
    keys: int
    slices: Iterator[PartitionContent]

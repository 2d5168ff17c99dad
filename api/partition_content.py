"""What is read of a partition's table at one checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from stream_app.codec.table import PartitionMeta


@dataclass(frozen=True, slots=True)
class PartitionContent:
    """All of a partition at one checkpoint: ids in the order of their bytes, and their values; calendars by id.

    `refusals` are by id, too; a store that has them alone is not known.
    """

    meta: PartitionMeta
    ids: list[bytes]
    values: list[bytes]
    calendars: dict[bytes, bytes]
    refusals: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartitionScan:
    """The same a slice at a time: `slices` are its stores in the order of their ids, each with its calendar.

    There is always one slice, and a store without polls comes behind those of its slice. `keys` is roughly how many
    keys stores and calendars have together.
    """

    meta: PartitionMeta
    keys: int
    slices: Iterator[PartitionContent]

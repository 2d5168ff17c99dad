"""What workers keep on disk, read as the sidecar reads it; they may run meanwhile."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from api.partition_content import PartitionContent
from api.snapshots import Secondary
from stream_app.codec.table import PartitionMeta
from stream_app.settings import Settings
from tests.faults.source import PARTITIONS, Ends

NOTHING = PartitionContent(PartitionMeta({}), [], [], {})


class KeptState:
    """The databases of some data directories; of a partition, the one that has come furthest counts."""

    def __init__(self, databases: Sequence[Sequence[Secondary]]) -> None:
        self._databases = databases

    def positions(self) -> Ends:
        """How far each partition has come in each topic."""
        return {number: meta.positions for number, meta in enumerate(self._metas())}

    def contents(self) -> list[PartitionContent]:
        """Everything in each partition."""
        return [self._furthest(of_partition).read_all() or NOTHING for of_partition in self._databases]

    def _metas(self) -> Iterator[PartitionMeta]:
        return (self._furthest(of_partition).meta or PartitionMeta({}) for of_partition in self._databases)

    def _furthest(self, of_partition: Sequence[Secondary]) -> Secondary:
        for database in of_partition:
            database.catch_up()
        return max(of_partition, key=lambda one: 0 if one.meta is None else sum(one.meta.positions.values()))


@contextmanager
def kept_state(directories: Sequence[Path]) -> Iterator[KeptState]:
    """Open for the block; none of the directories may be exchanged for another meanwhile."""
    with TemporaryDirectory() as scratch, ExitStack() as opened:

        def database(directory: Path, partition: int) -> Secondary:
            (path,) = Settings(data_dir=directory).table_paths(partition)
            secondary = Secondary(path, Path(scratch) / f"{directory.name}-{partition}")
            opened.callback(secondary.close)
            return secondary

        yield KeptState([[database(each, number) for each in directories] for number in range(PARTITIONS)])

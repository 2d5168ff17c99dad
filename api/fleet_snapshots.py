"""Snapshots of the fleet: made in a thread of their own, when something changed, and kept while they are used."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from api.as_of import stream_time
from api.catch_up import CatchUp
from api.fleet_snapshot import FleetSnapshot, fleet_snapshot
from api.live import time_of
from api.partition_reader import PartitionReader
from api.problems import ProblemError
from api.snapshots import PartitionContent
from stream_app.codec.table import PartitionMeta
from stream_app.domain.policy import NamedPolicy

log = structlog.get_logger()

KEPT = 16  # of 24 bytes a store beside the ids
FRESH_S = 1.0
_PAUSES = 4  # times as long as the last one took, at least: one that takes long must not be made all the time
_MICROS_PER_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class NamedSnapshot:
    """A snapshot as cursors know it, and what it was asked for: `as_of` None is the stream time."""

    name: str
    snapshot: FleetSnapshot
    as_of: int | None
    metas: Sequence[PartitionMeta | None]
    made_at: float
    took_s: float


class FleetSnapshots:
    """The snapshots of one process.

    The thread has secondaries of its own, in `folder`, so that it never reads one that the event loop is closing.
    """

    def __init__(self, tables: CatchUp, table_paths: Callable[[int], Sequence[Path]], folder: Path) -> None:
        self._tables = tables
        self._table_paths = table_paths
        self._folder = folder
        self._readers: list[PartitionReader] = []
        self._thread = ThreadPoolExecutor(1, "fleet-snapshot")
        self._one_at_a_time = asyncio.Lock()
        self._kept: OrderedDict[str, NamedSnapshot] = OrderedDict()  # the most recently used last

    async def current(self, named: NamedPolicy, as_of: int | None) -> NamedSnapshot:
        """The fleet at `as_of` (microseconds, cut to the second; None for the stream time), at most some seconds old.

        Raises ProblemError (409 no polls, 503 a partition without a database), AsOfNotRetainedError and StateError.
        """
        at = None if as_of is None else as_of // _MICROS_PER_SECOND * _MICROS_PER_SECOND
        async with self._one_at_a_time:
            found = self._newest(named.name, at)
            if found is None or not self._is_fresh(found):
                found = await self._made(named, at)
            return self._used(found)

    def find(self, name: str) -> NamedSnapshot | None:
        """The snapshot that a cursor names, None where it is gone."""
        found = self._kept.get(name)
        return None if found is None else self._used(found)

    async def close(self) -> None:
        """Let the thread end, and let go of the databases."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._thread.shutdown)
        for reader in self._readers:
            reader.close()

    def _newest(self, policy: str, as_of: int | None) -> NamedSnapshot | None:
        alike = (one for one in self._kept.values() if (one.snapshot.named.name, one.as_of) == (policy, as_of))
        return max(alike, key=lambda one: one.made_at, default=None)

    def _is_fresh(self, found: NamedSnapshot) -> bool:
        age = time.monotonic() - found.made_at
        return age < max(FRESH_S, _PAUSES * found.took_s) or found.metas == self._tables.metas

    async def _made(self, named: NamedPolicy, as_of: int | None) -> NamedSnapshot:
        if not self._tables.readers:
            raise ProblemError(503, "kafka_unavailable", "Kafka has not answered yet, so the partitions are not known")
        metas, begun = self._tables.metas, time.monotonic()
        loop = asyncio.get_running_loop()
        snapshot = await loop.run_in_executor(self._thread, self._make, len(metas), named, as_of)
        took = time.monotonic() - begun
        log.debug("fleet_snapshot.made", stores=len(snapshot), ms=round(took * 1000))
        return NamedSnapshot(secrets.token_urlsafe(6), snapshot, as_of, metas, time.monotonic(), took)

    def _make(self, partitions: int, named: NamedPolicy, as_of: int | None) -> FleetSnapshot:
        """In the thread."""
        if not self._readers:
            self._readers = [
                PartitionReader(self._table_paths(partition), self._folder / str(partition))
                for partition in range(partitions)
            ]
        contents = [self._content(partition, reader) for partition, reader in enumerate(self._readers)]
        newest_poll = stream_time(content.meta for content in contents)
        return fleet_snapshot(contents, named, time_of(as_of, newest_poll))

    def _content(self, partition: int, reader: PartitionReader) -> PartitionContent:
        reader.catch_up()
        content = reader.read_all()
        if content is None:
            raise ProblemError(503, "database_missing", f"partition {partition}: {reader.problem}")
        return content

    def _used(self, found: NamedSnapshot) -> NamedSnapshot:
        self._kept[found.name] = found
        self._kept.move_to_end(found.name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

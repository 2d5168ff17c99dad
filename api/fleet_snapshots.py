"""Snapshots of the fleet: made in a process of their own, when something changed, and kept while they are used."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from api.catch_up import CatchUp
from api.fleet_job import FleetRefusal, FleetRequest, make_snapshot
from api.fleet_snapshot import FleetSnapshot
from api.job_process import JobProcess, JobProcessError
from api.problems import ProblemError
from stream_app.codec.table import PartitionMeta
from stream_app.domain.policy import NamedPolicy

log = structlog.get_logger()

KEPT = 16  # of 24 bytes a store beside the ids
FRESH_S = 1.0
_PAUSES = 4  # times as long as the last one took, at least: one that takes long must not be made all the time
_MICROS_PER_SECOND = 1_000_000


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class NamedSnapshot:
    """A snapshot as cursors know it, and what it was asked for: `as_of` None is the stream time.

    Each is equal to itself alone, so that what is worked out from one can be kept as long as it is.
    """

    name: str
    snapshot: FleetSnapshot
    as_of: int | None
    metas: Sequence[PartitionMeta | None]
    made_at: float
    took_s: float


class FleetSnapshots:
    """The snapshots of one sidecar. `clock` gives seconds that only go forward."""

    def __init__(
        self,
        tables: CatchUp,
        table_paths: Callable[[int], Sequence[Path]],
        process: JobProcess,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tables = tables
        self._table_paths = table_paths
        self._process = process
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._kept: OrderedDict[str, NamedSnapshot] = OrderedDict()  # the most recently used last

    async def current(self, named: NamedPolicy, as_of: int | None) -> NamedSnapshot:
        """The fleet at `as_of` (microseconds, cut to the second; None for the stream time), at most some seconds old.

        Raises ProblemError: 409 no polls, 422 what isn't kept any more, 503 a partition without a readable database.
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

    def _newest(self, policy: str, as_of: int | None) -> NamedSnapshot | None:
        alike = (one for one in self._kept.values() if (one.snapshot.named.name, one.as_of) == (policy, as_of))
        return max(alike, key=lambda one: one.made_at, default=None)

    def _is_fresh(self, found: NamedSnapshot) -> bool:
        age = self._clock() - found.made_at
        return age < max(FRESH_S, _PAUSES * found.took_s) or found.metas == self._tables.metas

    async def _made(self, named: NamedPolicy, as_of: int | None) -> NamedSnapshot:
        if not self._tables.readers:
            raise ProblemError(503, "kafka_unavailable", "Kafka has not answered yet, so the partitions are not known")
        metas, begun = self._tables.metas, self._clock()
        places = tuple(tuple(self._table_paths(partition)) for partition in range(len(metas)))
        try:
            made = await self._process.run(make_snapshot, FleetRequest(places, named, as_of, self._tables.topic_ids))
            if isinstance(made, FleetRefusal):
                raise ProblemError(made.status, made.code, made.detail)
            snapshot = made.take()
        except (JobProcessError, OSError) as error:
            raise ProblemError(503, "snapshot_failed", str(error)) from error
        took = self._clock() - begun
        log.debug("fleet_snapshot.made", stores=len(snapshot), ms=round(took * 1000))
        return NamedSnapshot(secrets.token_urlsafe(6), snapshot, as_of, metas, self._clock(), took)

    def _used(self, found: NamedSnapshot) -> NamedSnapshot:
        self._kept[found.name] = found
        self._kept.move_to_end(found.name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

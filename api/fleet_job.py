"""What runs in the process that makes snapshots of the fleet: the tables are read, each in one iterator, and judged."""

from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

from api.as_of import AsOfNotRetainedError, stream_time
from api.fleet_snapshot import FleetSnapshot, fleet_snapshot
from api.job_process import Tell
from api.live import time_of
from api.mapped import Mapped
from api.partition_content import PartitionScan
from api.partition_reader import PartitionReader
from api.problems import ProblemError, problem_of
from stream_app.domain.policy import NamedPolicy
from stream_app.errors import StateError
from stream_app.topic_ids import TopicIds

SLICE = 20_000  # stores that are in memory at once


@dataclass(frozen=True, slots=True)
class FleetRequest:
    """Which snapshot, and from where: `tables` are the places of each partition's databases, one a worker.

    `as_of` is in microseconds, None for the stream time. `topic_ids` are Kafka's own ids of the topics, where known.
    """

    tables: tuple[tuple[Path, ...], ...]
    named: NamedPolicy
    as_of: int | None
    topic_ids: TopicIds = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetRefusal:
    """Why there is no snapshot, as a problem says it: an exception with fields of its own doesn't come back whole."""

    status: int
    code: str
    detail: str


def make_snapshot(request: FleetRequest, folder: Path, _: Tell) -> Mapped[FleetSnapshot] | FleetRefusal:
    """The fleet from the databases as they are now; `folder` is this process's own, for its secondaries."""
    try:
        readers = _readers(request.tables, folder)
        scans = [_scan(partition, reader, request.topic_ids) for partition, reader in enumerate(readers)]
        as_of = time_of(request.as_of, stream_time(scan.meta for scan in scans))
        snapshot = fleet_snapshot(chain.from_iterable(scan.slices for scan in scans), request.named, as_of)
        return Mapped.write(snapshot, folder / "snapshot")
    except OSError as error:
        return FleetRefusal(503, "snapshot_failed", f"the snapshot could not be handed over: {error}")
    except (ProblemError, AsOfNotRetainedError, StateError) as error:
        problem = problem_of(error)
        return FleetRefusal(problem.status, problem.code, problem.detail)


def _scan(partition: int, reader: PartitionReader, topic_ids: TopicIds) -> PartitionScan:
    reader.topic_ids = topic_ids
    reader.catch_up()
    scan = reader.scan(SLICE)
    if scan is None:
        raise ProblemError(503, "database_missing", f"partition {partition}: {reader.problem}")
    return scan


@cache
def _readers(tables: tuple[tuple[Path, ...], ...], folder: Path) -> tuple[PartitionReader, ...]:
    """This process's own, kept open from snapshot to snapshot."""
    return tuple(PartitionReader(paths, folder / str(partition)) for partition, paths in enumerate(tables))

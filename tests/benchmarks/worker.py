"""Our contender: the worker process as `up` starts it, watched through its log, its tables and the broker."""

import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from api.partition_content import PartitionContent
from api.snapshots import Secondary
from stream_app.local.processes import ManagedProcess
from stream_app.settings import Settings, load_settings
from stream_app.topics import Topics, topics_of
from tests.benchmarks.errors import BenchmarkError, ProcessEndedError
from tests.benchmarks.kafka_view import Ends
from tests.benchmarks.measured import measured, wait_until
from tests.benchmarks.usage import Usage, usage_of
from tests.benchmarks.workbench import environment_of

LOOK_EVERY_S = 0.1  # a look at four secondaries costs some milliseconds of the CPU that the worker could have

_ASSIGNED = re.compile(r"timestamp='([^']+)'.* event='partitions\.assigned'")


class MeasuredWorker:
    """A worker that runs; its tables are read as the API reads them."""

    def __init__(
        self, process: ManagedProcess, started: float, settings: Settings, secondaries: list[Secondary]
    ) -> None:
        self.started = started
        self.process = process
        self.settings = settings
        self._secondaries = secondaries

    @property
    def databases(self) -> list[Path]:
        """Where its databases are, by partition."""
        return _databases(self.settings, len(self._secondaries))

    @property
    def topics(self) -> Topics:
        """The topics that it works on."""
        return topics_of(self.settings)

    def durable_at(self, ends: Ends, within_s: float) -> float:
        """When the state had taken in everything below `ends`, in seconds since the epoch.

        A checkpoint writes RocksDB last, when Kafka has committed its transaction. So that looking need not be
        frequent, the time is that of the last write to a write-ahead log, which is never after it was seen.
        """
        seen = wait_until(self.process, lambda: self._has_taken_in(ends), "all is durable", within_s, LOOK_EVERY_S)
        return min([seen, *self._last_write()])

    def assigned_at(self) -> float:
        """When it had its partitions and began to read, just before its first record; by its own log."""
        found = _ASSIGNED.search(self.process.log_file.read_text(errors="replace"))
        if found is None:
            raise ProcessEndedError(self.process, "its log has no event partitions.assigned")
        return datetime.fromisoformat(found[1]).timestamp()

    def usage(self) -> Usage:
        """What it has used so far."""
        return usage_of(self.process.pid)

    def contents(self) -> list[PartitionContent]:
        """All of its tables."""
        for secondary in self._secondaries:
            secondary.catch_up()
        contents = [secondary.read_all() for secondary in self._secondaries]
        if any(content is None for content in contents):
            problems = [secondary.problem for secondary in self._secondaries]
            raise BenchmarkError(f"the tables of {self.process.name} can't be read: {problems}")
        return [content for content in contents if content is not None]

    def table_bytes(self) -> int:
        """What its databases take on disk."""
        files = [path for database in self.databases for path in database.iterdir()]
        return sum(path.stat().st_size for path in files)

    def close(self) -> None:
        """Let go of the tables."""
        for secondary in self._secondaries:
            secondary.close()

    def _has_taken_in(self, ends: Ends) -> bool:
        for secondary in self._secondaries:
            secondary.catch_up()
        return all(self._position(topic, partition) >= end for (topic, partition), end in ends.items())

    def _position(self, topic: str, partition: int) -> int:
        meta = self._secondaries[partition].meta
        return 0 if meta is None else meta.positions.get(topic, 0)

    def _last_write(self) -> list[float]:
        """The time of the newest write-ahead log, if any is there."""
        times: list[float] = []
        for log in (log for database in self.databases for log in database.glob("*.log")):
            with suppress(FileNotFoundError):  # RocksDB has flushed and deleted it meanwhile
                times.append(log.stat().st_mtime)
        return sorted(times)[-1:]


@contextmanager
def running_worker(folder: Path, partitions: int, environment: Mapping[str, str]) -> Iterator[MeasuredWorker]:
    """A worker while the block runs; its data, log and secondaries are below `folder`, which may hold earlier data."""
    given = {**environment, "DATA_DIR": str(folder / "data")}
    settings = load_settings(given)
    name = f"worker-{len(list(folder.glob('worker-*.log')))}"
    readers = folder / "secondaries" / name
    secondaries = [Secondary(path, readers / path.name) for path in _databases(settings, partitions)]
    started = time.time()
    command = [sys.executable, "-m", "stream_app"]
    with measured(name, command, environment_of(given), folder) as process:
        worker = MeasuredWorker(process, started, settings, secondaries)
        try:
            yield worker
        finally:
            worker.close()


def _databases(settings: Settings, partitions: int) -> list[Path]:
    return [path for partition in range(partitions) for path in settings.table_paths(partition)]

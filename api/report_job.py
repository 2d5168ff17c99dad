"""What runs in the report process: the tables are read, each in one iterator, and the fleet's report is written."""

import hashlib
import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain
from pathlib import Path

from api.as_of import AsOfNotRetainedError, stream_time
from api.fleet_report import fleet_report
from api.lag import Offsets, TopicLag, lags
from api.partition_content import PartitionContent, PartitionScan
from api.partition_reader import PartitionReader
from api.replaced_topics import replaced_topics
from api.report_request import Format, ReportRequest
from api.store_selection import selected
from stream_app.atomic_file import replacing
from stream_app.codec.store_values import count_polls, poll_range, wider
from stream_app.codec.table import PartitionMeta
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.report import WRITERS, Table
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.errors import StateError
from stream_app.topic_ids import TopicIds

SLICE = 20_000  # stores that are in memory at once: of a million all would be a gigabyte
_COUNTED = 0.8  # the share of a report's work that is done once its stores are read and counted; roughly


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What to compute, and from where: `tables` are the places of each partition's databases, one a worker.

    Without `ends` nothing has to be reached. `topic_ids` are Kafka's own ids of the topics that these are the ends of.
    """

    tables: tuple[tuple[Path, ...], ...]
    path: Path
    ends: Offsets | None
    report: ReportRequest
    topic_ids: TopicIds = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobResult:
    """A report that is on disk; `ms` are the steps' durations in milliseconds, `as_of` is in microseconds.

    `poll_range` are the first and the last of the polls counted, as observations.
    """

    as_of: int
    positions: Offsets
    stores: int
    polls: int
    poll_range: tuple[int, int] | None
    calendars: int
    sha256: str
    bytes: int
    ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class JobBehind:
    """The tables did not hold what they had to; the same request may succeed later.

    `missing` are the partitions without a readable database, each with the reason; `replaced` says which topics the
    tables were read from that there are others of by now.
    """

    missing: list[tuple[int, str]]
    lagging: list[TopicLag]
    replaced: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The report can't be made."""

    code: str
    reason: str


JobOutcome = JobResult | JobBehind | JobFailed


@dataclass(slots=True)
class _Steps:
    """Milliseconds a step; one that comes again adds up."""

    ms: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def done(self, step: str) -> None:
        now = time.perf_counter()
        self.ms[step] = round(self.ms.get(step, 0.0) + (now - self._last) * 1000, 1)
        self._last = now


@dataclass(slots=True)
class _Counted:
    """What goes through a report: of roughly so many keys those stores that `choose` leaves of a slice."""

    keys: int
    choose: Callable[[PartitionContent], PartitionContent]
    steps: _Steps
    tell: Callable[[float], None]
    polls: int = 0
    poll_range: tuple[int, int] | None = None
    calendars: int = 0
    _read: int = 0

    def each(self, slices: Iterable[PartitionContent]) -> Iterator[PartitionContent]:
        """What is chosen of the slices, one by one; the time between them is that of counting."""
        for content in slices:
            self.steps.done("scan")
            chosen = self.choose(content)
            yield chosen
            self.polls += count_polls(chosen.values)
            self.poll_range = wider(self.poll_range, poll_range(chosen.values))
            self.calendars += len(chosen.calendars)
            self._read += len(content.ids) + len(content.calendars)
            self.tell(_COUNTED * min(self._read / max(self.keys, 1), 1.0))
            self.steps.done("count")


def run(request: JobRequest, folder: Path, tell: Callable[[float], None]) -> JobOutcome:
    """Make the report that is asked for; whatever can be foreseen to go wrong is an outcome, not an exception.

    `folder` is this process's own, for its secondaries; `tell` is told how much is done, from 0 to 1.
    """
    try:
        return _run(request, _readers(request.tables, folder), tell)
    except AsOfNotRetainedError as error:
        return JobFailed("as_of_not_retained", str(error))
    except StateError as error:
        return JobFailed("state_unreadable", str(error))
    except OSError as error:
        return JobFailed("storage_failed", f"the report could not be written: {error}")


def _run(request: JobRequest, readers: Sequence[PartitionReader], tell: Callable[[float], None]) -> JobOutcome:
    steps = _Steps()
    for reader in readers:
        reader.topic_ids = request.topic_ids
        reader.catch_up()
    steps.done("catch_up")
    scans = [reader.scan(SLICE) for reader in readers]
    steps.done("scan")
    if behind := _behind(readers, scans, request):
        return behind
    whole = [scan for scan in scans if scan is not None]
    metas = [scan.meta for scan in whole]
    as_of = _as_of(request.report, metas)
    if as_of is None:
        return JobFailed("no_polls", "there is no poll to take the time from: send some, or give as_of")
    minute = as_of // MICROS_PER_MINUTE
    choose = partial(selected, selection=request.report.selection, minute=minute)
    counted = _Counted(sum(scan.keys for scan in whole), choose, steps, tell)
    report = fleet_report(counted.each(chain.from_iterable(scan.slices for scan in whole)), request.report, as_of)
    steps.done("count")
    sha256, size = _write(request.path, report, request.report.format)
    steps.done("write")
    return JobResult(
        as_of=minute * MICROS_PER_MINUTE,
        positions=tuple(meta.positions for meta in metas),
        stores=len(report["store_id"]),
        polls=counted.polls,
        poll_range=counted.poll_range,
        calendars=counted.calendars,
        sha256=sha256,
        bytes=size,
        ms=steps.ms,
    )


def _behind(
    readers: Sequence[PartitionReader], scans: Sequence[PartitionScan | None], request: JobRequest
) -> JobBehind | None:
    """Why these tables won't do: never without one of the partitions, and stale only where that was allowed."""
    missing = [
        (partition, reader.problem or "no database")
        for partition, (reader, scan) in enumerate(zip(readers, scans, strict=True))
        if scan is None
    ]
    positions = [None if scan is None else scan.meta.positions for scan in scans]
    lagging = [] if request.ends is None else [lag for lag in lags(positions, request.ends) if not lag.is_reached]
    replaced = replaced_topics([None if scan is None else scan.meta for scan in scans], request.topic_ids)
    is_behind = missing or replaced or (lagging and not request.report.allow_stale)
    return JobBehind(missing, lagging, [str(error) for error in replaced]) if is_behind else None


def _as_of(report: ReportRequest, metas: Sequence[PartitionMeta]) -> int | None:
    """T in microseconds: what was asked for, a range's end, else the stream time; None where no poll gives one."""
    if report.range is not None:
        return report.range.end * (MICROS_PER_MINUTE * (MINUTES_PER_DAY if report.range.is_local else 1))
    return stream_time(metas) if report.as_of is None else report.as_of


def _write(path: Path, report: Table, file_format: Format) -> tuple[str, int]:
    """The report at `path`, with its SHA-256 in hex and its size in bytes."""
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        WRITERS[file_format](text, report)
        text.flush()
        text.detach()
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest(), path.stat().st_size


@cache
def _readers(tables: tuple[tuple[Path, ...], ...], folder: Path) -> tuple[PartitionReader, ...]:
    """This process's own, kept open from report to report."""
    return tuple(PartitionReader(paths, folder / str(partition)) for partition, paths in enumerate(tables))

"""Reports on disk: `<id>.csv` or `.jsonl`, whole or not at all, and beside it `<id>.json` with what is known of it."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock

import msgspec
import structlog

from api.report_request import ALL_STORES, Columns, CustomRange, Format, StoreSelection
from stream_app.atomic_file import part_path, replacing
from stream_app.domain.policy import DEFAULT_POLICY, WindowKind
from stream_app.errors import StoreMonitorError

log = structlog.get_logger()

_METADATA_NAME = re.compile(r"([0-9a-f]{32}|[1-9][0-9]{14})\.json")


class ReportState(StrEnum):
    """Where a report is; of the last three only Failed is ever left, by a retry.

    On disk a report that isn't computed yet is Pending.
    """

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class PartitionOffsets(msgspec.Struct, frozen=True):
    """Source positions (topic -> offset) that a report was computed at, and the ends that it had to reach, if known."""

    partition: int
    positions: dict[str, int]
    ends: dict[str, int] | None


class ReportMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one report; instants are ISO 8601 in UTC, `ms` is the duration of each step in milliseconds.

    `polls` counts the retained ones, at most one a store and minute, from `first_poll` to
    `last_poll`. `code` and `reason` say why it failed.
    `kept_in` is the REPORT_STORE that it was uploaded to, None where it is in the local folder alone.
    `is_of_one_store` says that a form for one store triggered it; `body_sha256` is that of the body that came with
    the idempotency key.
    """

    report_id: str
    state: ReportState
    triggered_at: str
    requested_as_of: str | None
    allow_stale: bool
    policy: str = DEFAULT_POLICY
    columns: Columns = Columns.DEFAULT
    format: Format = Format.CSV
    range: CustomRange | None = None
    selection: StoreSelection = ALL_STORES
    windows: WindowKind | None = None
    is_of_one_store: bool = False
    idempotency_key: str | None = None
    body_sha256: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    as_of: str | None = None
    partitions: list[PartitionOffsets] = []
    stores: int | None = None
    polls: int | None = None
    first_poll: str | None = None
    last_poll: str | None = None
    calendars: int | None = None
    ms: dict[str, float] = {}
    sha256: str | None = None
    bytes: int | None = None
    kept_in: str | None = None
    code: str | None = None
    reason: str | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether it may still become complete."""
        return self.state in {ReportState.PENDING, ReportState.RUNNING}

    @property
    def is_computed(self) -> bool:
        """Whether its file was written, if perhaps not uploaded."""
        return self.sha256 is not None


class ReportsFolderError(StoreMonitorError):
    """The folder of reports can't be used."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder
        super().__init__(f"the reports folder {folder} can't be used ({what}): give another one with REPORTS_DIR")


class ReportsFolder:
    """The folder of reports; only ids that it has itself listed or been given become file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()  # two savings of one report would share a temporary file
        with self._usable():
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, report: ReportMetadata) -> Path:
        """Where the finished report stands."""
        return self._folder / f"{report.report_id}.{report.format}"

    def save(self, metadata: ReportMetadata) -> None:
        """Replace the report's metadata; raises ReportsFolderError."""
        with self._lock, self._usable(), replacing(self._metadata_path(metadata.report_id)) as file:
            file.write(msgspec.json.format(msgspec.json.encode(metadata)))

    def discard(self, report: ReportMetadata) -> None:
        """Remove a report's file, and what one that did not complete may have left; raises ReportsFolderError."""
        path = self.path(report)
        with self._usable():
            path.unlink(missing_ok=True)
            part_path(path).unlink(missing_ok=True)

    def forget(self, report: ReportMetadata) -> None:
        """Remove everything of a report, its metadata last, so that nothing is left unnamed; raises as `save`."""
        self.discard(report)
        with self._usable():
            self._metadata_path(report.report_id).unlink(missing_ok=True)

    def touch(self, report: ReportMetadata, now: datetime) -> None:
        """Note a use in the file's access time; a file that is gone is nobody's use."""
        path = self.path(report)
        with self._usable(), suppress(FileNotFoundError):
            os.utime(path, ns=(int(now.timestamp() * 1e9), path.stat().st_mtime_ns))

    def used_at(self, report: ReportMetadata) -> datetime | None:
        """When the report's file was made or last used, None where there is none."""
        with self._usable(), suppress(FileNotFoundError):
            return datetime.fromtimestamp(self.path(report).stat().st_atime, UTC)
        return None

    def load_all(self) -> list[ReportMetadata]:
        """Every report whose metadata can be read; foreign files in the folder are passed over."""
        names = sorted(found[1] for path in self._folder.iterdir() if (found := _METADATA_NAME.fullmatch(path.name)))
        return [metadata for report_id in names if (metadata := self._load(report_id)) is not None]

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ReportsFolderError(self._folder, str(error)) from error

    def _load(self, report_id: str) -> ReportMetadata | None:
        try:
            metadata = msgspec.json.decode(self._metadata_path(report_id).read_bytes(), type=ReportMetadata)
        except msgspec.MsgspecError as error:
            log.warning("report.unreadable", report_id=report_id, reason=str(error))
            return None
        return metadata if metadata.report_id == report_id else None

    def _metadata_path(self, report_id: str) -> Path:
        return self._folder / f"{report_id}.json"

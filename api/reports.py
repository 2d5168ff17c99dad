"""All reports of this sidecar: those that run here, and those that were finished before."""

import asyncio
import uuid
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from api.lag import Offsets
from api.report_job import JobResult
from api.report_making import ReportFailedError, ReportMaking
from api.report_request import ReportRequest
from api.report_storage import PartitionOffsets, ReportMetadata, ReportsFolderError, ReportState, ReportStorage
from stream_app.domain.poll import format_instant

log = structlog.get_logger()


class Reports:
    """Their metadata in memory, each change on disk too; one task a running report."""

    def __init__(self, storage: ReportStorage, making: ReportMaking) -> None:
        self._storage = storage
        self._making = making
        self._known: dict[str, ReportMetadata] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def load(self) -> None:
        """List the reports of earlier runs; one that was running when the sidecar died has failed."""
        for report in self._storage.load_all():
            self._known[report.report_id] = report
            if report.state is ReportState.RUNNING:
                self._fail(report, "interrupted", "the API ended before the report was there; trigger it anew")

    def find(self, report_id: str) -> ReportMetadata | None:
        """The report, None where there is none of this id."""
        return self._known.get(report_id)

    def path(self, report: ReportMetadata) -> Path:
        """Where a complete report stands."""
        return self._storage.path(report)

    async def trigger(self, request: ReportRequest) -> ReportMetadata:
        """Begin a report. Raises ReportsFolderError."""
        report = ReportMetadata(
            report_id=uuid.uuid4().hex,
            state=ReportState.RUNNING,
            triggered_at=_now(),
            requested_as_of=None if request.as_of is None else format_instant(request.as_of),
            allow_stale=request.allow_stale,
            policy=request.policy,
            columns=request.columns,
            format=request.format,
            range=request.range,
        )
        await asyncio.to_thread(self._storage.save, report)
        self._known[report.report_id] = report
        task = asyncio.create_task(self._run(report, request), name=f"report-{report.report_id}")
        self._running[report.report_id] = task
        task.add_done_callback(lambda ended: self._ended(report, ended))
        log.info("report.triggered", report_id=report.report_id, as_of=report.requested_as_of)
        return report

    async def close(self) -> None:
        """End what is running; it has failed then, as its readers see after the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, report: ReportMetadata, request: ReportRequest) -> None:
        try:
            made = await self._making.make(self.path(report), request)
            complete = _completed(report, *made)
            await asyncio.to_thread(self._storage.save, complete)
        except ReportFailedError as error:
            self._fail(report, error.code, str(error))
        except ReportsFolderError as error:
            self._fail(report, "storage_failed", str(error))
        else:
            self._known[report.report_id] = complete
            log.info("report.complete", report_id=report.report_id, stores=complete.stores, **complete.ms)

    def _ended(self, report: ReportMetadata, task: asyncio.Task[None]) -> None:
        """One that was cancelled, or met something unforeseen, must not stay `Running` for ever."""
        del self._running[report.report_id]
        if task.cancelled():
            self._fail(report, "interrupted", "the API was stopped before the report was there; trigger it anew")
        elif error := task.exception():
            log.error("report.broke", report_id=report.report_id, exc_info=error)
            self._fail(report, "internal_error", f"{type(error).__name__}: {error}")

    def _fail(self, report: ReportMetadata, code: str, reason: str) -> None:
        failed = msgspec.structs.replace(report, state=ReportState.FAILED, finished_at=_now(), code=code, reason=reason)
        self._known[report.report_id] = failed
        log.warning("report.failed", report_id=report.report_id, code=code, reason=reason)
        try:
            self._storage.discard(report)
            self._storage.save(failed)
        except ReportsFolderError:  # on disk it stays `Running`, which the next start turns into `Failed`
            log.exception("report.not_recorded", report_id=report.report_id)


def _completed(report: ReportMetadata, result: JobResult, ends: Offsets | None, ms: dict[str, float]) -> ReportMetadata:
    return msgspec.structs.replace(
        report,
        state=ReportState.COMPLETE,
        finished_at=_now(),
        as_of=format_instant(result.as_of),
        partitions=[
            PartitionOffsets(partition, dict(positions), None if ends is None else dict(ends[partition]))
            for partition, positions in enumerate(result.positions)
        ],
        stores=result.stores,
        polls=result.polls,
        calendars=result.calendars,
        ms=ms,
        sha256=result.sha256,
        bytes=result.bytes,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

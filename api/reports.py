"""All reports of this sidecar: those that run here, and those that were finished before."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from api.known_reports import KnownReports
from api.report_keeping import ReportKeeping
from api.report_making import ReportFailedError, ReportMaking
from api.report_records import (
    FLEET,
    Origin,
    completed,
    computed,
    format_time,
    pending,
    request_of,
    tried_again,
    unsuccessful,
)
from api.report_request import ReportRequest
from api.report_storage import ReportMetadata, ReportsFolder, ReportsFolderError, ReportState
from api.report_store import ReportStore
from stream_app.errors import StoreMonitorError

log = structlog.get_logger()

_NOT_UPLOADED = (ReportState.FAILED, "interrupted", "the API ended before the report was uploaded; retry it")
_AT_ONCE = 8  # that may wait for the tables; the report process takes one after the other


class TooManyReportsError(StoreMonitorError):
    """As many reports wait or run already as REPORT_QUEUE allows."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} reports wait or are being made: ask again when some of them are done")


class ReportNotFailedError(StoreMonitorError):
    """Only a report that failed can be tried again."""

    def __init__(self, report: ReportMetadata) -> None:
        self.report_id = report.report_id
        super().__init__(f"report {report.report_id} is {report.state}")


class Reports:
    """One task a report that isn't finished; each change of its metadata is on disk too."""

    def __init__(self, folder: ReportsFolder, store: ReportStore, making: ReportMaking, queue: int) -> None:
        self._folder = folder
        self._store = store
        self._making = making
        self._keeping = ReportKeeping(store)
        self._queue = queue
        self._known = KnownReports()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self.one_is_complete = asyncio.Event()

    def load(self) -> None:
        """List the reports of earlier runs; one that the sidecar died over is uploaded again, or has failed."""
        for report in self._folder.load_all():
            self._known.put(report)
            if not report.is_unfinished:
                continue
            if report.is_computed:
                self._begin(report, before=unsuccessful(report, *_NOT_UPLOADED, _now()))
            else:
                reason = "the API ended before the report was there; trigger it anew"
                self._end(report, ReportState.FAILED, "interrupted", reason)

    def find(self, report_id: str) -> ReportMetadata | None:
        """The report, None where there is none of this id."""
        return self._known.find(report_id)

    def progress_of(self, report: ReportMetadata) -> float:
        """How much of a report is computed, from 0 to 1."""
        return 1.0 if report.is_computed else self._making.progress_of(self._folder.path(report))

    def newest_first(self) -> Sequence[ReportMetadata]:
        """All of them."""
        return self._known.newest_first()

    async def open(self, report: ReportMetadata) -> Path:
        """Where a complete report stands, if it does; it counts as used now.

        Raises ReportsFolderError, ReportStoreError.
        """
        await self._store.fetch(report)
        self._folder.touch(report, _now())
        return self._folder.path(report)

    async def link(self, report: ReportMetadata) -> str | None:
        """A signed link to a complete report, None where only the API can serve it. Raises ReportStoreError."""
        return await self._store.link(report)

    async def trigger(self, request: ReportRequest, origin: Origin = FLEET) -> ReportMetadata:
        """Begin a report, or give the one that was begun with this idempotency key.

        Raises TooManyReportsError, IdempotencyKeyReusedError, ReportsFolderError.
        """
        if (begun := self._known.begun(origin)) is not None:
            return begun
        self._refuse_too_many()
        report = pending(request, origin, _now())
        await asyncio.shield(self._begin(report, before=None))  # it goes on where its caller is sent away
        log.info("report.triggered", report_id=report.report_id, as_of=report.requested_as_of)
        return report

    async def retry(self, report: ReportMetadata) -> ReportMetadata:
        """Upload the copy that a failed report left, or compute it again where there is none.

        Raises ReportNotFailedError, TooManyReportsError, ReportsFolderError.
        """
        if report.state is not ReportState.FAILED:
            raise ReportNotFailedError(report)
        self._refuse_too_many()
        has_copy = report.is_computed and self._folder.path(report).is_file()
        again = tried_again(report, has_copy=has_copy)
        await asyncio.shield(self._begin(again, before=report))
        log.info("report.retried", report_id=report.report_id, has_copy=has_copy, code=report.code)
        return again

    async def remove(self, report: ReportMetadata) -> None:
        """Cancel a report that isn't finished, forget one that is. Raises ReportsFolderError, ReportStoreError."""
        task = self._tasks.get(report.report_id)
        if task is None:
            await self.forget(report)
        else:
            self._cancelled.add(report.report_id)
            task.cancel()
            await asyncio.wait([task])  # what was uploaded already goes when the report is forgotten

    async def forget(self, report: ReportMetadata) -> None:
        """Remove everything of a finished report. Raises ReportsFolderError, ReportStoreError."""
        if report.is_computed:
            await self._store.remove(report)
        if self._known.find(report.report_id) is not report:  # it was retried, or removed, meanwhile
            return
        self._known.forget(report)  # at once, since nobody may be given it while its files go
        try:
            await asyncio.to_thread(self._folder.forget, report)
        except ReportsFolderError:
            self._known.put(report)
            raise

    async def close(self) -> None:
        """End what is running; what isn't computed has failed then, as its readers see after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refuse_too_many(self) -> None:
        if len(self._tasks) >= self._queue:
            raise TooManyReportsError(len(self._tasks))

    def _begin(self, report: ReportMetadata, before: ReportMetadata | None) -> "asyncio.Future[None]":
        """Let it run; done when it is on disk, so that it can't be lost any more. Else all is as it was `before`."""
        self._known.put(report)
        saved = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(report, before, saved), name=f"report-{report.report_id}")
        self._tasks[report.report_id] = task
        task.add_done_callback(lambda ended: self._ended(report, saved, ended))
        return saved

    async def _run(self, report: ReportMetadata, before: ReportMetadata | None, saved: "asyncio.Future[None]") -> None:
        try:
            await asyncio.to_thread(self._folder.save, report)
        except ReportsFolderError as error:
            self._known.forget(report)
            if before is not None:
                self._known.put(before)
            saved.set_exception(error)
            return
        saved.set_result(None)
        try:
            await self._keep(report if report.is_computed else await self._compute(report))
        except ReportFailedError as error:
            self._end(report, ReportState.FAILED, error.code, str(error))
        except ReportsFolderError as error:
            self._end(report, ReportState.FAILED, "storage_failed", str(error))

    async def _compute(self, report: ReportMetadata) -> ReportMetadata:
        async with self._turn:
            running = msgspec.structs.replace(report, state=ReportState.RUNNING, started_at=format_time(_now()))
            self._known.put(running)
            made = await self._making.make(self._folder.path(running), request_of(running))
        done = computed(running, *made)
        if self._store.address is not None:  # else it is complete the next moment
            await asyncio.to_thread(self._folder.save, done)
        self._known.put(done)
        return done

    async def _keep(self, report: ReportMetadata) -> None:
        address, clock = self._store.address, asyncio.get_running_loop().time
        started = clock()
        await self._keeping.keep(completed(report, address, {}, _now()))
        steps = {} if address is None else {"upload": round((clock() - started) * 1000, 1)}
        complete = completed(report, address, steps, _now())
        await asyncio.to_thread(self._folder.save, complete)
        self._known.put(complete)
        log.info("report.complete", report_id=report.report_id, stores=complete.stores, **complete.ms)
        self.one_is_complete.set()

    def _ended(self, report: ReportMetadata, saved: "asyncio.Future[None]", task: "asyncio.Task[None]") -> None:
        """One that was cancelled, or met something unforeseen, must not stay unfinished for ever."""
        del self._tasks[report.report_id]
        if not saved.done():
            saved.set_result(None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("report.broke", report_id=report.report_id, exc_info=error)
            self._end(report, ReportState.FAILED, "internal_error", f"{type(error).__name__}: {error}")
        elif report.report_id in self._cancelled:
            self._cancelled.discard(report.report_id)
            if task.cancelled():
                self._end(report, ReportState.CANCELLED, "cancelled", "it was cancelled by DELETE")
        elif task.cancelled() and not self._latest(report).is_computed:  # else the next start uploads it
            reason = "the API was stopped before the report was there; trigger it anew"
            self._end(report, ReportState.FAILED, "interrupted", reason)

    def _end(self, report: ReportMetadata, state: ReportState, code: str, reason: str) -> None:
        """It won't become complete by itself; what was computed is kept for a retry."""
        ended = unsuccessful(self._latest(report), state, code, reason, _now())
        self._known.put(ended)
        log.warning("report.ended", report_id=report.report_id, state=state.value, code=code, reason=reason)
        try:
            if state is ReportState.CANCELLED or not ended.is_computed:
                self._folder.discard(report)
            self._folder.save(ended)
        except ReportsFolderError:  # on disk it stays unfinished, which the next start goes on from
            log.exception("report.not_recorded", report_id=report.report_id)

    def _latest(self, report: ReportMetadata) -> ReportMetadata:
        return self._known.find(report.report_id) or report


def _now() -> datetime:
    return datetime.now(UTC)

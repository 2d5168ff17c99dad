"""All reports of this sidecar: those that run here, and those that were finished before."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from api.report_making import ReportFailedError, ReportMaking
from api.report_records import FLEET, Origin, completed, format_time, pending
from api.report_request import ReportRequest
from api.report_retention import KeptReport, Retention
from api.report_storage import ReportMetadata, ReportsFolderError, ReportState, ReportStorage
from stream_app.errors import StoreMonitorError

log = structlog.get_logger()

_AT_ONCE = 8  # that may wait for the tables; the report process takes one after the other
_SWEEP_EVERY_S = 60.0


class TooManyReportsError(StoreMonitorError):
    """As many reports wait or run already as REPORT_QUEUE allows."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} reports wait or are being made: ask again when some of them are done")


class IdempotencyKeyReusedError(StoreMonitorError):
    """The Idempotency-Key came with another body before."""

    def __init__(self, key: str, report_id: str) -> None:
        self.key = key
        self.report_id = report_id
        super().__init__(f"the Idempotency-Key {key!r} was used for report {report_id}, with another body")


class Reports:
    """Their metadata in memory, each change on disk too; one task a report that isn't finished."""

    def __init__(self, storage: ReportStorage, making: ReportMaking, retention: Retention, queue: int) -> None:
        self._storage = storage
        self._making = making
        self._retention = retention
        self._queue = queue
        self._known: dict[str, ReportMetadata] = {}
        self._by_key: dict[str, str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._was_added = asyncio.Event()

    def load(self) -> None:
        """List the reports of earlier runs; one that was not finished when the sidecar died has failed."""
        for report in self._storage.load_all():
            self._know(report)
            if report.is_unfinished:
                reason = "the API ended before the report was there; trigger it anew"
                self._end(report, ReportState.FAILED, "interrupted", reason)

    def find(self, report_id: str) -> ReportMetadata | None:
        """The report, None where there is none of this id."""
        return self._known.get(report_id)

    def progress_of(self, report: ReportMetadata) -> float:
        """How much of a report is done, from 0 to 1."""
        is_complete = report.state is ReportState.COMPLETE
        return 1.0 if is_complete else self._making.progress_of(self._storage.path(report))

    def newest_first(self) -> Sequence[ReportMetadata]:
        """All of them."""
        return sorted(self._known.values(), key=lambda report: (report.triggered_at, report.report_id), reverse=True)

    def open(self, report: ReportMetadata) -> Path:
        """Where a complete report stands; it counts as used now. Raises ReportsFolderError."""
        self._storage.touch(report, _now())
        return self._storage.path(report)

    async def trigger(self, request: ReportRequest, origin: Origin = FLEET) -> ReportMetadata:
        """Begin a report, or give the one that was begun with this idempotency key.

        Raises TooManyReportsError, IdempotencyKeyReusedError, ReportsFolderError.
        """
        if (begun := self._begun(origin)) is not None:
            return begun
        if len(self._tasks) >= self._queue:
            raise TooManyReportsError(len(self._tasks))
        report = pending(request, origin, _now())
        self._know(report)
        saved = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run(report, request, saved), name=f"report-{report.report_id}")
        self._tasks[report.report_id] = task
        task.add_done_callback(lambda ended: self._ended(report, saved, ended))
        await asyncio.shield(saved)  # a caller who is refused for taking too long must not take the report with it
        log.info("report.triggered", report_id=report.report_id, as_of=report.requested_as_of)
        return report

    async def remove(self, report: ReportMetadata) -> None:
        """Cancel a report that isn't finished, forget one that is. Raises ReportsFolderError."""
        task = self._tasks.get(report.report_id)
        if task is None:
            await self._forget(report)
        else:
            self._cancelled.add(report.report_id)
            task.cancel()
            await asyncio.wait([task])

    async def sweep_always(self) -> None:
        """Remove outdated reports again and again, at once when one was added; ends only by cancellation."""
        while True:
            self._was_added.clear()
            try:
                await self._sweep(_now())
            except ReportsFolderError:
                log.exception("reports.not_swept")
            with suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_EVERY_S):
                    await self._was_added.wait()

    async def _sweep(self, now: datetime) -> None:
        """Remove what is outdated at `now`. Raises ReportsFolderError."""
        kept = await asyncio.to_thread(self._kept, list(self._known.values()))
        for report in self._retention.outdated(kept, now):
            log.info("report.outdated", report_id=report.report_id, finished_at=report.finished_at)
            await self._forget(report)

    def _kept(self, reports: Iterable[ReportMetadata]) -> list[KeptReport]:
        """In a thread: a look at the disk for each of them."""
        return [
            KeptReport(report, datetime.fromisoformat(report.finished_at), self._storage.used_at(report))
            for report in reports
            if report.finished_at is not None and not report.is_unfinished
        ]

    async def close(self) -> None:
        """End what is running; it has failed then, as its readers see after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, report: ReportMetadata, request: ReportRequest, saved: "asyncio.Future[None]") -> None:
        try:
            await asyncio.to_thread(self._storage.save, report)
        except ReportsFolderError as error:
            self._unknow(report)
            saved.set_exception(error)
            return
        saved.set_result(None)
        async with self._turn:
            running = msgspec.structs.replace(report, state=ReportState.RUNNING, started_at=format_time(_now()))
            self._known[report.report_id] = running
            await self._make(running, request)

    async def _make(self, report: ReportMetadata, request: ReportRequest) -> None:
        try:
            made = await self._making.make(self._storage.path(report), request)
            complete = completed(report, *made, _now())
            await asyncio.to_thread(self._storage.save, complete)
        except ReportFailedError as error:
            self._end(report, ReportState.FAILED, error.code, str(error))
        except ReportsFolderError as error:
            self._end(report, ReportState.FAILED, "storage_failed", str(error))
        else:
            self._known[report.report_id] = complete
            log.info("report.complete", report_id=report.report_id, stores=complete.stores, **complete.ms)
            self._was_added.set()

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
        elif task.cancelled():
            reason = "the API was stopped before the report was there; trigger it anew"
            self._end(report, ReportState.FAILED, "interrupted", reason)

    def _end(self, report: ReportMetadata, state: ReportState, code: str, reason: str) -> None:
        """It won't become complete."""
        latest = self._known.get(report.report_id, report)
        ended = msgspec.structs.replace(latest, state=state, finished_at=format_time(_now()), code=code, reason=reason)
        self._known[report.report_id] = ended
        log.warning("report.ended", report_id=report.report_id, state=state.value, code=code, reason=reason)
        try:
            self._storage.discard(report)
            self._storage.save(ended)
        except ReportsFolderError:  # on disk it stays unfinished, which the next start turns into `Failed`
            log.exception("report.not_recorded", report_id=report.report_id)

    def _begun(self, origin: Origin) -> ReportMetadata | None:
        """The report of this idempotency key; raises IdempotencyKeyReusedError."""
        key = origin.idempotency_key
        if key is None or key not in self._by_key:
            return None
        begun = self._known[self._by_key[key]]
        if begun.body_sha256 != origin.body_sha256:
            raise IdempotencyKeyReusedError(key, begun.report_id)
        return begun

    def _know(self, report: ReportMetadata) -> None:
        self._known[report.report_id] = report
        if report.idempotency_key is not None:
            self._by_key[report.idempotency_key] = report.report_id

    def _unknow(self, report: ReportMetadata) -> None:
        is_news = self._known.pop(report.report_id, None) is not None  # others may forget the same report meanwhile
        if is_news and report.idempotency_key is not None:
            del self._by_key[report.idempotency_key]

    async def _forget(self, report: ReportMetadata) -> None:
        """Unknown at once, since nobody may be given it while its files go; known again after a ReportsFolderError."""
        self._unknow(report)
        try:
            await asyncio.to_thread(self._storage.forget, report)
        except ReportsFolderError:
            self._know(report)
            raise


def _now() -> datetime:
    return datetime.now(UTC)

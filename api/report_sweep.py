"""Finished reports go when Retention says so."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from api.report_retention import KeptReport, Retention
from api.report_storage import ReportMetadata, ReportsFolder, ReportsFolderError
from api.report_store import ReportStoreError
from api.reports import Reports

log = structlog.get_logger()

_EVERY_S = 60.0


class ReportSweep:
    """Looks at the reports after each that becomes complete, and every now and then."""

    def __init__(self, reports: Reports, folder: ReportsFolder, retention: Retention) -> None:
        self._reports = reports
        self._folder = folder
        self._retention = retention

    async def always(self) -> None:
        """Remove outdated reports again and again; ends only by cancellation."""
        while True:
            self._reports.one_is_complete.clear()
            try:
                await self.once(datetime.now(UTC))
            except (ReportsFolderError, ReportStoreError):
                log.exception("reports.not_swept")
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._reports.one_is_complete.wait()
            except TimeoutError:
                continue

    async def once(self, now: datetime) -> None:
        """Remove what is outdated at `now`. Raises ReportsFolderError, ReportStoreError."""
        kept = await asyncio.to_thread(self._kept, self._reports.newest_first())
        for report in self._retention.outdated(kept, now):
            log.info("report.outdated", report_id=report.report_id, finished_at=report.finished_at)
            await self._reports.forget(report)

    def _kept(self, reports: Sequence[ReportMetadata]) -> list[KeptReport]:
        """In a thread: a look at the disk for each of them."""
        return [
            KeptReport(report, datetime.fromisoformat(report.finished_at), self._folder.used_at(report))
            for report in reports
            if report.finished_at is not None and not report.is_unfinished
        ]

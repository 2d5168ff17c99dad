"""One report as a stream: its state and progress as they change, until it has ended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from api.pushed import REPORT, Event, Heartbeat, Pushed, closed
from api.report_storage import ReportMetadata
from api.reports import Reports

_LOOK_EVERY_S = 0.2


class _Data(msgspec.Struct):
    report_id: str
    state: str
    progress: float
    code: str | None
    reason: str | None


def report_event(reports: Reports, report: ReportMetadata) -> Event:
    """How the report is now; the same id says the same."""
    progress = round(reports.progress_of(report), 2)
    data = _Data(report.report_id, report.state.value, progress, report.code, report.reason)
    return Event(REPORT, f"{report.state.value}:{progress:g}", msgspec.json.encode(data))


async def follow_report(
    reports: Reports, report: ReportMetadata, after: str | None, heartbeat_s: float, closing: asyncio.Event
) -> AsyncIterator[Pushed]:
    """The report now, unless it is as `after` says, and each time that it has changed, until it can't any more."""
    clock = asyncio.get_running_loop().time
    told, told_at = after, clock()
    while not closing.is_set():
        found = reports.find(report.report_id)
        if found is None:
            yield closed("deleted", "the report was deleted")
            return
        event = report_event(reports, found)
        if event.id != told:
            yield event
            told, told_at = event.id, clock()
        elif clock() - told_at >= heartbeat_s:
            yield Heartbeat(told)
            told_at = clock()
        if not found.is_unfinished:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                await closing.wait()
    yield closed("shutting_down", "the API is being stopped; resume with the last id")

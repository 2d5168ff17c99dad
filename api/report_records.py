"""What is recorded of a report from its beginning to its end."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec

from api.as_of import parse_as_of
from api.lag import Offsets
from api.report_job import JobResult
from api.report_request import ReportRequest
from api.report_storage import PartitionOffsets, ReportMetadata, ReportState
from stream_app.domain.instant import format_instant

_NULL_UNTIL_KNOWN = (
    *("started_at", "finished_at", "as_of"),
    *("stores", "polls", "first_poll", "last_poll", "calendars", "sha256", "bytes"),
    *("kept_in", "code", "reason"),
)
_FIRST_NUMBER, _NUMBERS = 10**14, 9 * 10**14  # 15 digits: JavaScript keeps whole numbers below 2**53 exactly


@dataclass(frozen=True, slots=True)
class Origin:
    """How a report was triggered; the hash of the body goes with the idempotency key."""

    is_of_one_store: bool = False
    has_numeric_id: bool = False
    idempotency_key: str | None = None
    body_sha256: str | None = None


FLEET = Origin()


def format_time(instant: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pending(request: ReportRequest, origin: Origin, now: datetime) -> ReportMetadata:
    """A report that was triggered now."""
    number = str(_FIRST_NUMBER + secrets.randbelow(_NUMBERS))
    return ReportMetadata(
        report_id=number if origin.has_numeric_id else uuid.uuid4().hex,
        state=ReportState.PENDING,
        triggered_at=format_time(now),
        requested_as_of=None if request.as_of is None else format_instant(request.as_of),
        allow_stale=request.allow_stale,
        policy=request.policy,
        columns=request.columns,
        format=request.format,
        range=request.range,
        selection=request.selection,
        windows=request.windows,
        is_of_one_store=origin.is_of_one_store,
        idempotency_key=origin.idempotency_key,
        body_sha256=origin.body_sha256,
    )


def computed(report: ReportMetadata, result: JobResult, ends: Offsets | None, ms: dict[str, float]) -> ReportMetadata:
    """The report, now that its file is written; `ends` are those that it had to reach, `ms` the steps' durations."""
    return msgspec.structs.replace(
        report,
        as_of=format_instant(result.as_of),
        partitions=[
            PartitionOffsets(partition, dict(positions), None if ends is None else dict(ends[partition]))
            for partition, positions in enumerate(result.positions)
        ],
        stores=result.stores,
        polls=result.polls,
        first_poll=None if result.poll_range is None else format_instant(result.poll_range[0] >> 1),
        last_poll=None if result.poll_range is None else format_instant(result.poll_range[1] >> 1),
        calendars=result.calendars,
        ms=ms,
        sha256=result.sha256,
        bytes=result.bytes,
    )


def completed(report: ReportMetadata, kept_in: str | None, ms: dict[str, float], now: datetime) -> ReportMetadata:
    """The report, now that it is kept; `ms` are the durations of what was done for that."""
    return msgspec.structs.replace(
        report, state=ReportState.COMPLETE, finished_at=format_time(now), kept_in=kept_in, ms={**report.ms, **ms}
    )


def unsuccessful(report: ReportMetadata, state: ReportState, code: str, reason: str, now: datetime) -> ReportMetadata:
    """The report, now that it won't become complete by itself."""
    return msgspec.structs.replace(report, state=state, finished_at=format_time(now), code=code, reason=reason)


def tried_again(report: ReportMetadata, *, has_copy: bool) -> ReportMetadata:
    """A report that failed, to be uploaded again, or without a copy to be computed again."""
    if has_copy:
        return msgspec.structs.replace(report, state=ReportState.RUNNING, finished_at=None, code=None, reason=None)
    return msgspec.structs.replace(
        report, state=ReportState.PENDING, partitions=[], ms={}, **dict.fromkeys(_NULL_UNTIL_KNOWN)
    )


def request_of(report: ReportMetadata) -> ReportRequest:
    """What was asked for when it was triggered."""
    return ReportRequest(
        as_of=None if report.requested_as_of is None else parse_as_of(report.requested_as_of),
        policy=report.policy,
        columns=report.columns,
        format=report.format,
        range=report.range,
        allow_stale=report.allow_stale,
        selection=report.selection,
        windows=report.windows,
    )

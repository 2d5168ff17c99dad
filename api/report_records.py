"""What is recorded of a report at its beginning and at its end."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec

from api.lag import Offsets
from api.report_job import JobResult
from api.report_request import ReportRequest
from api.report_storage import PartitionOffsets, ReportMetadata, ReportState
from stream_app.domain.poll import format_instant

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


def completed(
    report: ReportMetadata, result: JobResult, ends: Offsets | None, ms: dict[str, float], now: datetime
) -> ReportMetadata:
    """The report, now that it is there; `ends` are those that it had to reach, `ms` the steps' durations."""
    return msgspec.structs.replace(
        report,
        state=ReportState.COMPLETE,
        finished_at=format_time(now),
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

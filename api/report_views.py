"""A report's metadata as the service's own form shows them, and its body as a request."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

from api.as_of import format_minute
from api.dependencies import Services, instant_asked
from api.problems import ProblemError
from api.report_request import (
    BadReportRequestError,
    CustomRange,
    ReportRequest,
    checked_policy,
    checked_range,
    checked_selection,
)
from api.report_schemas import Counts, FilterBody, Links, Offsets, RangeBody, ReportBody, ReportView
from api.report_storage import ReportMetadata

_EPOCH = date(1970, 1, 1)


def request_of(body: ReportBody, services: Services) -> ReportRequest:
    """What is asked for; raises BadAsOfError, BadReportRequestError."""
    if body.range is not None and body.windows is not None:
        raise BadReportRequestError("bad_range", "a range is the only window: leave windows out")
    conditions = body.filter or FilterBody()
    return ReportRequest(
        as_of=instant_asked(services, body.as_of),
        policy=checked_policy(body.policy or services.default_policy),
        columns=body.columns,
        format=body.format,
        range=None if body.range is None else checked_range(body.range.first, body.range.end),
        allow_stale=body.allow_stale,
        selection=checked_selection(body.stores, conditions.q, conditions.zone),
        windows=body.windows,
    )


def body_hash(body: ReportBody) -> str:
    """Equal for bodies that ask for the same in other words, spaces and order of their fields."""
    return hashlib.sha256(body.model_dump_json(by_alias=True, exclude_defaults=True).encode()).hexdigest()


def report_view(report: ReportMetadata, progress: float, link: str, download: str | None) -> ReportView:
    """What there is to know; `progress` goes from 0 to 1, `link` is its own address, `download` its file's."""
    selection = report.selection
    has_filter = selection.text is not None or selection.zone is not None
    return ReportView(
        report_id=report.report_id,
        state=report.state,
        progress=progress,
        triggered_at=report.triggered_at,
        started_at=report.started_at,
        finished_at=report.finished_at,
        requested_as_of=report.requested_as_of,
        as_of=report.as_of,
        policy=report.policy,
        windows=report.windows,
        columns=report.columns,
        format=report.format,
        range=None if report.range is None else range_view(report.range),
        stores=None if selection.ids is None else list(selection.ids),
        filter=FilterBody(q=selection.text, zone=selection.zone) if has_filter else None,
        allow_stale=report.allow_stale,
        partitions=[Offsets(partition=at.partition, positions=at.positions, ends=at.ends) for at in report.partitions],
        counts=Counts(
            stores=report.stores,
            polls=report.polls,
            first_poll=report.first_poll,
            last_poll=report.last_poll,
            calendars=report.calendars,
            bytes=report.bytes,
        ),
        timings=report.ms,
        sha256=report.sha256,
        code=report.code,
        reason=report.reason,
        links=Links(self=link, download=download),
    )


def page_of(
    newest_first: Sequence[ReportMetadata], cursor: str | None, limit: int
) -> tuple[Sequence[ReportMetadata], str | None]:
    """The reports after the cursor's, and the cursor of the next page; it stays good where reports come and go.

    Raises ProblemError (422).
    """
    after = None if cursor is None else _position(cursor)
    left = [report for report in newest_first if after is None or (report.triggered_at, report.report_id) < after]
    page = left[:limit]
    return page, _cursor(page[-1]) if len(left) > limit else None


def _cursor(report: ReportMetadata) -> str:
    return base64.urlsafe_b64encode(f"{report.triggered_at} {report.report_id}".encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[str, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise ProblemError(422, "bad_cursor", "the cursor is none that this API gave") from error
    triggered_at, _, report_id = text.partition(" ")
    return triggered_at, report_id


def range_view(given: CustomRange) -> RangeBody:
    """The range as it was asked for."""
    edge = _date if given.is_local else format_minute
    return RangeBody(first=edge(given.first), end=edge(given.end))


def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()

"""Reports in the service's own form."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import FileResponse

from api.dependencies import Services, ServicesOf
from api.documented_files import PART, UNCHANGED, WHOLE
from api.documented_problems import BAD_REPORTS, WITH_A_BODY, Responses, problems
from api.parameters import Cursor, IdempotencyKey, ReportInPath
from api.problems import ProblemError
from api.report_files import negotiated_answer, report_file
from api.report_lookup import download_url, known_report, refuse_unretained
from api.report_records import Origin
from api.report_request import Format
from api.report_schemas import ReportBody, ReportPage, ReportView
from api.report_storage import ReportMetadata, ReportState
from api.report_views import body_hash, page_of, report_view, request_of

router = APIRouter(prefix="/reports", tags=["reports"])

_BEGUN: Responses = {
    202: {
        "description": "The report, and where to look for it.",
        "headers": {"Location": {"description": "Its address.", "schema": {"type": "string", "format": "uri"}}},
    }
}
_BAD_BODIES = (*BAD_REPORTS, *WITH_A_BODY, "bad_store_id", "unknown_zone", "idempotency_key_reused")
_NO_FILE = ("unknown_report", "report_not_complete", "report_file_gone", "range_not_satisfiable", "storage_failed")


@router.post("", status_code=202, responses=_BEGUN | problems(*_BAD_BODIES))
async def begin_report(
    request: Request,
    response: Response,
    services: ServicesOf,
    body: Annotated[ReportBody, Body(default_factory=ReportBody)],
    idempotency_key: IdempotencyKey = None,
) -> ReportView:
    """Begin a report; with an Idempotency-Key that came with this body before, the report that was begun then."""
    asked = request_of(body, services)
    refuse_unretained(services, asked)
    origin = Origin(idempotency_key=idempotency_key, body_sha256=idempotency_key and body_hash(body))
    report = await services.reports.trigger(asked, origin)
    view = await _view(request, services, report)
    response.headers["Location"] = view.links.self
    return view


@router.get("", responses=problems("invalid_request", "bad_cursor"))
async def list_reports(
    request: Request,
    services: ServicesOf,
    state: Annotated[ReportState | None, Query(description="Those in this state alone.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Reports a page.")] = 50,
    cursor: Cursor = None,
) -> ReportPage:
    """Reports, the newest first, a page at a time."""
    reports = [report for report in services.reports.newest_first() if state in {None, report.state}]
    page, following = page_of(reports, cursor, limit)
    return ReportPage(reports=[await _view(request, services, report) for report in page], next=following)


@router.get("/{report_id}", responses=problems("unknown_report"))
async def show_report(request: Request, services: ServicesOf, report_id: ReportInPath) -> ReportView:
    """Everything about a report."""
    return await _view(request, services, known_report(services, report_id))


@router.delete("/{report_id}", status_code=204, responses=problems("unknown_report", "storage_failed"))
async def remove_report(services: ServicesOf, report_id: ReportInPath) -> None:
    """Cancel a report that isn't finished, which stays as Cancelled; delete one that is."""
    await services.reports.remove(known_report(services, report_id))


@router.post(
    "/{report_id}/retry",
    status_code=202,
    responses=problems("unknown_report", "report_not_failed", "too_many_reports", "storage_failed"),
)
async def retry_report(
    request: Request, response: Response, services: ServicesOf, report_id: ReportInPath
) -> ReportView:
    """Try a report that failed again: upload what it left, or compute it where it left nothing."""
    report = await services.reports.retry(known_report(services, report_id))
    view = await _view(request, services, report)
    response.headers["Location"] = view.links.self
    return view


@router.get(
    "/{report_id}/download",
    response_class=FileResponse,
    responses={200: WHOLE} | PART | UNCHANGED | problems(*_NO_FILE, "invalid_request"),
)
async def download_report(
    request: Request,
    services: ServicesOf,
    report_id: ReportInPath,
    file_format: Annotated[Format | None, Query(alias="format", description="By default the report's own.")] = None,
    guard_formulas: Annotated[  # noqa: FBT002 - a query parameter has a default
        bool, Query(description="Put a ' before what a spreadsheet would run as a formula; CSV alone.")
    ] = False,
) -> Response:
    """The file of a complete report, with ETag; parts of it by Range, or all of it compressed with gzip."""
    report = known_report(services, report_id)
    if report.state is not ReportState.COMPLETE:
        raise ProblemError(409, "report_not_complete", f"report {report_id} is {report.state}")
    path = await services.reports.open(report)
    return negotiated_answer(report_file(path, report, file_format, guards_formulas=guard_formulas), request)


async def _view(request: Request, services: Services, report: ReportMetadata) -> ReportView:
    own = str(request.url_for("show_report", report_id=report.report_id))
    is_complete = report.state is ReportState.COMPLETE
    download = await download_url(request, services, report) if is_complete else None
    return report_view(report, services.reports.progress_of(report), own, download)

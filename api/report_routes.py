"""Reports in the service's own form."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from api.dependencies import ServicesOf
from api.problems import ProblemError
from api.report_files import negotiated_answer, report_file
from api.report_lookup import known_report
from api.report_request import Format
from api.report_storage import ReportState

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/{report_id}/download", response_class=FileResponse)
async def download_report(
    request: Request,
    services: ServicesOf,
    report_id: str,
    file_format: Annotated[Format | None, Query(alias="format", description="By default the report's own.")] = None,
    guard_formulas: Annotated[  # noqa: FBT002 - a query parameter has a default
        bool, Query(description="Put a ' before what a spreadsheet would run as a formula; CSV alone.")
    ] = False,
) -> Response:
    """The file of a complete report, with ETag; parts of it by Range, or all of it compressed with gzip."""
    report = known_report(services, report_id)
    if report.state is not ReportState.COMPLETE:
        raise ProblemError(409, "report_not_complete", f"report {report_id} is {report.state}")
    path = services.reports.open(report)
    return negotiated_answer(report_file(path, report, file_format, guards_formulas=guard_formulas), request)

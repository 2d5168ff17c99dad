"""What the report routes share: find the report, refuse a time that can't be computed, say where the file is."""

from fastapi import Request

from api.as_of import check_retained
from api.dependencies import Services
from api.problems import ProblemError
from api.report_request import ReportRequest
from api.report_storage import ReportMetadata


def known_report(services: Services, report_id: str) -> ReportMetadata:
    """The report of an id; raises ProblemError (404)."""
    report = services.reports.find(report_id)
    if report is None:
        raise ProblemError(404, "unknown_report", f"there is no report {report_id[:64]!r}")
    return report


def refuse_unretained(services: Services, asked: ReportRequest) -> None:
    """Raise AsOfNotRetainedError for a time whose windows begin before what is kept, as far as that is known now."""
    if asked.as_of is not None:
        check_retained(asked.as_of, services.tables.known_metas)


async def download_url(request: Request, services: Services, report: ReportMetadata) -> str:
    """Where a complete report can be fetched: a signed link, or the API itself. Raises ReportStoreError."""
    return await services.reports.link(report) or str(request.url_for("download_report", report_id=report.report_id))

"""The routes: each reads like the sentence that describes it."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import FileResponse

from api.as_of import check_retained
from api.dependencies import AsOf, ReportAsked, Services, ServicesOf
from api.problems import ProblemError
from api.report_request import Format
from api.report_storage import ReportMetadata, ReportState
from api.schemas import Alive, FailedReportAnswer, LiveStore, Readiness, ReportAnswer, TriggeredReport

router = APIRouter()

_MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSON_LINES: "application/x-ndjson"}


@router.post("/trigger_report")
async def trigger_report(services: ServicesOf, asked: ReportAsked) -> TriggeredReport:
    """Begin a report of the fleet; it will hold every poll that Kafka has acknowledged by now."""
    if asked.as_of is not None:
        check_retained(asked.as_of, services.tables.known_metas)
    report = await services.reports.trigger(asked)
    return TriggeredReport(report_id=report.report_id)


@router.get(
    "/get_report/{report_id}",
    response_model=ReportAnswer | FailedReportAnswer,
    responses={200: {"content": {"text/csv": {}}, "description": "Where it is, or with `Accept: text/csv` the CSV."}},
)
async def get_report(
    request: Request, services: ServicesOf, report_id: str, accept: Annotated[str, Header()] = "*/*"
) -> ReportAnswer | FailedReportAnswer | Response:
    """Where a report is; a complete one itself where the caller accepts text/csv."""
    report = _known_report(services, report_id)
    if report.state is ReportState.FAILED:
        return FailedReportAnswer(code=report.code or "", reason=report.reason or "")
    if report.state is ReportState.RUNNING:
        return ReportAnswer(status="Running", url=None)
    if _wants_csv(accept):
        return _file(services, report)
    return ReportAnswer(status="Complete", url=str(request.url_for("download_report", report_id=report_id)))


@router.get("/reports/{report_id}/download", response_class=FileResponse)
async def download_report(services: ServicesOf, report_id: str) -> FileResponse:
    """The file of a complete report."""
    report = _known_report(services, report_id)
    if report.state is not ReportState.COMPLETE:
        raise ProblemError(409, "report_not_complete", f"report {report_id} is {report.state}")
    return _file(services, report)


@router.get("/stores/{store_id:path}")
async def store(services: ServicesOf, store_id: str, as_of: AsOf) -> LiveStore:
    """One store: up, down or closed, its last poll, and its minutes up and down."""
    return services.live.store(store_id, as_of)


@router.get("/health/live")
async def live() -> Alive:
    """The process answers."""
    return Alive()


@router.get("/health/ready", responses={503: {"model": Readiness}})
async def ready(services: ServicesOf, response: Response) -> Readiness:
    """200 once the replay is done and every partition has reached its end; 503 with the reasons until then."""
    readiness = await services.health.readiness()
    response.status_code = 200 if readiness.ready else 503
    return readiness


def _known_report(services: Services, report_id: str) -> ReportMetadata:
    report = services.reports.find(report_id)
    if report is None:
        raise ProblemError(404, "unknown_report", f"there is no report {report_id[:64]!r}")
    return report


def _file(services: Services, report: ReportMetadata) -> FileResponse:
    path = services.reports.path(report)
    if not path.exists():
        raise ProblemError(410, "report_file_gone", f"the file of report {report.report_id} was removed")
    return FileResponse(path, media_type=_MEDIA_TYPES[report.format], filename=path.name)


def _wants_csv(accept: str) -> bool:
    return any(kind.partition(";")[0].strip().lower() == "text/csv" for kind in accept.split(","))

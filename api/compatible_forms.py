"""The report endpoints of other store monitors, as their clients expect them: forms a to e of docs/http-api.md."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from api.answer_choice import Wanted, wanted
from api.dependencies import ReportAsked, Services, ServicesOf
from api.documented_files import PART, WHOLE_OR_JSON
from api.documented_problems import BAD_REPORTS, UNREADABLE, WITH_A_BODY, problems
from api.known_stores import known_store
from api.origin_guard import ForeignOriginError, refuse_foreign_trigger
from api.parameters import ReportInPath, ReportInQuery, StoreInPath
from api.problems import FORESEEN, ProblemError, problem_of
from api.report_files import plain_answer, report_file
from api.report_lookup import download_url, known_report, refuse_unretained
from api.report_records import Origin
from api.report_request import Format, StoreSelection
from api.report_schemas import FormAError, FormAReport, FormEReport, MessageReport
from api.report_schemas import ReportAsked as AskedById
from api.report_storage import ReportMetadata, ReportState
from api.schemas import FailedReportAnswer, ReportAnswer, TriggeredReport

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_STARTED = "the report is being made"
_NO_STORE = (*BAD_REPORTS, *UNREADABLE, "unknown_store")
_NO_FILE = ("unknown_report", "invalid_request", "storage_failed", "range_not_satisfiable", "report_file_gone")
_FILE = {200: WHOLE_OR_JSON} | PART
_OF_FORM_C = _FILE | problems(*_NO_FILE)
_OF_FORM_D = _FILE | problems(*_NO_FILE, *WITH_A_BODY)
# 410 is form e's word for a report that failed; its clients take 500 for a file that is gone.
_OF_FORMS_B_AND_E = _FILE | problems(*_NO_FILE, ("report_file_gone", 500))
_OF_FORMS_B_AND_E |= {
    202: {"model": FormEReport, "description": "It runs."},
    410: {**_OF_FORMS_B_AND_E[410], "model": FormEReport, "description": "It failed; or its file is gone."},
}
_UPLOADING = "the report is being uploaded"


class FormARoute(APIRoute):
    """Form a says everything that is wrong with 400, but that a foreign page asks: none of its clients is one."""

    def get_route_handler(self) -> Handler:
        """The route, with its errors in form a's shape."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ForeignOriginError:
                raise
            except FORESEEN as error:
                problem = problem_of(error)
                return _json(FormAError(error=problem.detail, code=problem.code), 400)

        return answer


form_a = APIRouter(
    prefix="/api",
    route_class=FormARoute,
    responses=problems() | {400: {"model": FormAError, "description": "Whatever is wrong."}},
    tags=["form a"],
)
forms_b_to_e = APIRouter(tags=["forms b to e"])


async def _asked_for(
    file_format: Annotated[Wanted | None, Query(alias="format", description="What to answer with.")] = None,
) -> Wanted | None:
    return file_format


AskedFor = Annotated[Wanted | None, Depends(_asked_for)]


@form_a.get("/trigger_report", dependencies=[Depends(refuse_foreign_trigger)])
async def trigger_report_a(services: ServicesOf, asked: ReportAsked) -> TriggeredReport:
    """Form a: begin a report of the fleet."""
    refuse_unretained(services, asked)
    return TriggeredReport(report_id=(await services.reports.trigger(asked)).report_id)


@form_a.post("/get_report", response_model_exclude_none=True, responses=problems("request_too_slow"))
async def get_report_a(request: Request, services: ServicesOf, asked: AskedById) -> FormAReport:
    """Form a: where a report is; one that failed is an error."""
    report = known_report(services, str(asked.report_id))
    if report.state is ReportState.COMPLETE:
        return FormAReport(status="COMPLETE", url=await download_url(request, services, report))
    if report.is_unfinished:
        return FormAReport(status="RUNNING")
    raise ProblemError(400, report.code or "", report.reason or "")


@forms_b_to_e.post("/trigger_report/", include_in_schema=False)
@forms_b_to_e.post("/trigger_report", responses=problems(*BAD_REPORTS))
async def trigger_report(services: ServicesOf, asked: ReportAsked) -> MessageReport:
    """Forms b and c: begin a report of the fleet; it will hold every poll that Kafka has acknowledged by now."""
    refuse_unretained(services, asked)
    report = await services.reports.trigger(asked)
    return MessageReport(report_id=report.report_id, status="Running", message=_STARTED)


@forms_b_to_e.post("/trigger_report/{store_id:path}", status_code=202, responses=problems(*_NO_STORE))
async def trigger_report_e(services: ServicesOf, store_id: StoreInPath, asked: ReportAsked) -> TriggeredReport:
    """Form e: begin a report of one store."""
    return await _trigger_one(services, store_id, asked, has_numeric_id=False)


@forms_b_to_e.get(
    "/store/{store_id:path}/trigger_report/",
    responses=problems(*_NO_STORE),
    dependencies=[Depends(refuse_foreign_trigger)],
)
async def trigger_report_d(services: ServicesOf, store_id: StoreInPath, asked: ReportAsked) -> TriggeredReport:
    """Form d: begin a report of one store; its id is of digits alone, for clients that keep it as a number."""
    return await _trigger_one(services, store_id, asked, has_numeric_id=True)


@forms_b_to_e.get(
    "/get_report/{report_id}",
    response_model=ReportAnswer | FailedReportAnswer,
    responses=_OF_FORMS_B_AND_E,
)
async def get_report(
    request: Request,
    services: ServicesOf,
    report_id: ReportInPath,
    query: AskedFor,
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
) -> ReportAnswer | FailedReportAnswer | Response:
    """Forms b and e: what the caller asks for, else as the form that triggered it answers."""
    report = known_report(services, report_id)
    asked = wanted(query, accept)
    if report.is_of_one_store and asked is not Wanted.JSON:
        return await _form_e(services, report, asked)
    return await _form_b(request, services, report, asked)


@forms_b_to_e.get("/get_report", response_model=MessageReport, responses=_OF_FORM_C)
async def get_report_c(services: ServicesOf, report_id: ReportInQuery, query: AskedFor) -> MessageReport | Response:
    """Form c: the CSV as a download once it is there."""
    return await _form_c(services, known_report(services, report_id), query)


@forms_b_to_e.post("/store/get_report/", response_model=MessageReport, responses=_OF_FORM_D)
async def get_report_d(services: ServicesOf, asked: AskedById, query: AskedFor) -> MessageReport | Response:
    """Form d: as form c answers."""
    return await _form_c(services, known_report(services, str(asked.report_id)), query)


async def _trigger_one(
    services: Services, store_id: str, asked: ReportAsked, *, has_numeric_id: bool
) -> TriggeredReport:
    refuse_unretained(services, asked)
    selection = StoreSelection(ids=(await known_store(services.live, services.tables, store_id),))
    request = msgspec.structs.replace(asked, selection=selection)
    report = await services.reports.trigger(request, Origin(is_of_one_store=True, has_numeric_id=has_numeric_id))
    return TriggeredReport(report_id=report.report_id)


async def _form_b(
    request: Request, services: Services, report: ReportMetadata, asked: Wanted | None
) -> ReportAnswer | FailedReportAnswer | Response:
    if report.is_unfinished:
        return ReportAnswer(status="Running", url=None)
    if report.state is not ReportState.COMPLETE:
        return FailedReportAnswer(code=report.code or "", reason=report.reason or "")
    if asked in {Wanted.CSV, Wanted.JSON_LINES}:
        return await _file(services, report, asked)
    return ReportAnswer(status="Complete", url=await download_url(request, services, report))


async def _form_c(services: Services, report: ReportMetadata, asked: Wanted | None) -> MessageReport | Response:
    if report.is_unfinished:
        message = _UPLOADING if report.is_computed else _STARTED
        return MessageReport(report_id=report.report_id, status="Running", message=message)
    if report.state is not ReportState.COMPLETE:
        return MessageReport(report_id=report.report_id, status="Failed", message=report.reason or "")
    if asked is Wanted.JSON:
        return MessageReport(report_id=report.report_id, status="Complete", message="the report is there")
    return await _file(services, report, asked)


async def _form_e(services: Services, report: ReportMetadata, asked: Wanted | None) -> Response:
    if report.is_unfinished:
        return _json(FormEReport(status="running"), 202)
    if report.state is not ReportState.COMPLETE:
        return _json(FormEReport(status="failed"), 410)
    try:
        return await _file(services, report, asked, {"X-Report-Status": "Complete"})
    except ProblemError as error:  # its clients take 410 for a report that failed
        raise ProblemError(500, error.code, error.detail) from error


async def _file(
    services: Services, report: ReportMetadata, asked: Wanted | None, headers: dict[str, str] | None = None
) -> Response:
    file_format = Format(asked) if asked in {Wanted.CSV, Wanted.JSON_LINES} else None
    path = await services.reports.open(report)
    return plain_answer(report_file(path, report, file_format, guards_formulas=False), headers)


def _json(body: FormAError | FormEReport, status: int) -> JSONResponse:
    return JSONResponse(body.model_dump(), status)

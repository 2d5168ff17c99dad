"""The pages of reports: a form, the list, and one report."""

import asyncio
from typing import Annotated, Literal
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from api.dependencies import Services, ServicesOf
from api.pages.page_route import PageRoute
from api.pages.report_views import Preview, read_preview, report_page, report_row
from api.pages.same_origin import check_same_origin
from api.pages.templates import rendered
from api.problems import FORESEEN, ProblemError, problem_of
from api.report_lookup import known_report, refuse_unretained
from api.report_schemas import ReportBody
from api.report_storage import ReportMetadata, ReportState
from api.report_store import ReportStoreError
from api.report_views import page_of, request_of
from stream_app.domain.policy import POLICIES

log = structlog.get_logger()

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PAGE_SIZE = 25
_MAX_FIELDS = 20
_CLIENTS_FAULT = range(400, 500)

Part = Annotated[Literal["live"] | None, Query()]


@router.get("/ui/reports")
async def reports_page(
    services: ServicesOf, cursor: Annotated[str | None, Query(max_length=200)] = None, part: Part = None
) -> HTMLResponse:
    """The form and the list, the newest first."""
    return await _reports_page(services, cursor, part, {}, None)


@router.post("/ui/reports", dependencies=[Depends(check_same_origin)])
async def begin_report(request: Request, services: ServicesOf) -> Response:
    """Begin what the form asks for, and show it; a form with a mistake comes back with what is wrong."""
    given = dict(parse_qsl((await request.body()).decode(errors="replace"), max_num_fields=_MAX_FIELDS))
    try:
        asked = request_of(_body(given), services)
        refuse_unretained(services, asked)
        report = await services.reports.trigger(asked)
    except FORESEEN as error:
        problem = problem_of(error)
        if problem.status not in _CLIENTS_FAULT:
            raise
        return await _reports_page(services, None, None, given, problem)
    return RedirectResponse(f"/ui/reports/{report.report_id}", 303)


@router.get("/ui/reports/{report_id}")
async def one_report(services: ServicesOf, report_id: str, part: Part = None) -> HTMLResponse:
    """A report: how far it is, what is in it, and its first rows."""
    report = known_report(services, report_id)
    preview = await _preview(services, report)
    page = report_page(report, services.reports.progress_of(report), preview)
    return HTMLResponse(await rendered("fragments/report.html" if part else "report.html", report=page))


@router.post("/ui/reports/{report_id}/retry", dependencies=[Depends(check_same_origin)])
async def retry_report(services: ServicesOf, report_id: str) -> RedirectResponse:
    """Try a report that failed again."""
    await services.reports.retry(known_report(services, report_id))
    return RedirectResponse(f"/ui/reports/{report_id}", 303)


@router.post("/ui/reports/{report_id}/remove", dependencies=[Depends(check_same_origin)])
async def remove_report(services: ServicesOf, report_id: str) -> RedirectResponse:
    """Cancel a report that isn't finished, delete one that is."""
    await services.reports.remove(known_report(services, report_id))
    return RedirectResponse("/ui/reports", 303)


async def _reports_page(
    services: Services, cursor: str | None, part: str | None, given: dict[str, str], problem: ProblemError | None
) -> HTMLResponse:
    page, following = page_of(services.reports.newest_first(), cursor, PAGE_SIZE)
    content = await rendered(
        "fragments/reports.html" if part else "reports.html",
        rows=[report_row(report, services.reports.progress_of(report)) for report in page],
        cursor=cursor,
        following=following,
        policies=POLICIES.values(),
        given={"policy": services.default_policy, **given},
        problem=problem,
    )
    return HTMLResponse(content, 200 if problem is None else problem.status)


def _body(given: dict[str, str]) -> ReportBody:
    """The form as the API's own body; raises ProblemError (422)."""
    as_of = given.get("as_of_time", "") if given.get("as_of") == "time" else given.get("as_of")
    policy = given.get("policy")
    conditions = {name: given[name].strip() for name in ("q", "zone") if given.get(name, "").strip()}
    is_range = bool(given.get("from", "").strip() or given.get("to", "").strip())
    try:
        return ReportBody.model_validate(
            {
                "as_of": None if is_range else as_of,
                "policy": f"max_gap:{given.get('max_gap', '').strip()}" if policy == "max_gap" else policy,
                "range": {"from": given.get("from", ""), "to": given.get("to", "")} if is_range else None,
                "filter": conditions or None,
                "columns": given.get("columns", "default"),
                "format": given.get("format", "csv"),
                "allow_stale": given.get("allow_stale") == "yes",
            }
        )
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise ProblemError(422, "invalid_request", wrong) from error


async def _preview(services: Services, report: ReportMetadata) -> Preview | None:
    """None where there is nothing to show, or nothing any more."""
    if report.state is not ReportState.COMPLETE:
        return None
    try:
        path = await services.reports.open(report)
        return await asyncio.to_thread(read_preview, path, report.format)
    except (FileNotFoundError, ReportStoreError) as error:
        log.warning("page.no_preview", report_id=report.report_id, reason=str(error))
        return None

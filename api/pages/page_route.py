"""What every page has in common: its headers, its compression, and what it says when it can't be made."""

import asyncio
import gzip
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from api.answer_choice import Coding, coding_for
from api.as_of import stream_time
from api.dependencies import Services
from api.pages.freshness import Freshness, freshness
from api.pages.templates import rendered
from api.problems import FORESEEN, ProblemError, problem_of

log = structlog.get_logger()

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Encoding",
}
_WORTH_PACKING_BYTES = 1024

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a page can't be shown, and what to do."""

    status: int
    code: str
    title: str
    what: str
    remedy: str


_TROUBLES = {
    "no_polls": (
        "No polls yet",
        "Send polls, or replay files with `store-monitor replay`. This page comes back with the first one.",
    ),
    "unknown_store": (
        "No such store",
        "Look for a part of its id on the fleet's page. A store is known from its first poll or calendar on.",
    ),
    "unknown_report": ("No such report", "Finished reports are kept for some days. Make a new one."),
    "kafka_unavailable": (
        "Kafka does not answer",
        "See whether the broker runs. This page comes back by itself.",
    ),
    "database_missing": (
        "A partition is missing",
        "See whether the worker runs, and whether DATA_DIRS names its folder. This page comes back by itself.",
    ),
    "too_many_reports": ("Too many reports at once", "Wait until some of those in the list are done."),
    "as_of_not_retained": ("Too long ago", "Choose a later time: older polls are no longer kept."),
    "invalid_request": ("This address has a mistake", "Go back, or begin from the fleet's page."),
}
_OTHER = ("This page can't be shown", "Try again. Where it stays like this, the API's log has more.")


class PageRoute(APIRoute):
    """A route whose answers are pages, its errors too."""

    def get_route_handler(self) -> Handler:
        """FastAPI's own handler, with what all pages need around it."""
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                answer = await handler(request)
            except FORESEEN as error:
                answer = await _trouble_page(request, problem_of(error))
            answer.headers.update({name: value for name, value in HEADERS.items() if name not in answer.headers})
            return await _packed(request, answer)

        return page


def wants_gzip(request: Request) -> bool:
    """Whether an answer is to be packed; pages have no other packing, since what they are is small."""
    return coding_for(request.headers.get("accept-encoding", ""), (Coding.GZIP,)) is Coding.GZIP


async def banner(services: Services) -> Freshness:
    """How fresh everything is now."""
    readiness = await services.health.readiness()
    return freshness(readiness, stream_time(services.tables.known_metas), time.time_ns() // 1000)


async def _trouble_page(request: Request, problem: ProblemError) -> Response:
    log.info("page.trouble", path=request.url.path, code=problem.code, status=problem.status)
    title, remedy = _TROUBLES.get(problem.code, _OTHER)
    trouble = Trouble(problem.status, problem.code, title, problem.detail, remedy)
    return HTMLResponse(await rendered("trouble.html", trouble=trouble), problem.status)


async def _packed(request: Request, answer: Response) -> Response:
    """Compressed where that is accepted and worth it."""
    is_worth_it = isinstance(answer, HTMLResponse) and len(answer.body) > _WORTH_PACKING_BYTES
    if is_worth_it and wants_gzip(request):
        answer.body = await asyncio.to_thread(gzip.compress, bytes(answer.body), 6)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer

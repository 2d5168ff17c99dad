"""What stands between foreign pages and this API, which has no log-in: whoever's browser can reach it may use it.

A browser sends some requests for any page without asking the API first: forms, images, text/plain by fetch(), and
WebSockets. It says where they come from in Origin and Sec-Fetch-Site, which a page can't change. Programs say neither.
"""

import structlog
from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.known_hosts import KnownHosts
from api.problems import ProblemError, problem_answer
from stream_app.http_names import host_of, origin_of

log = structlog.get_logger()

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FOREIGN = "store_monitor.foreign_origin"  # in the scope of a request that only reads, for routes that refuse it still
_REMEDY = "pages of other origins may use this API where API_ORIGINS names them"
_BROWSER = "Mozilla/"  # every browser's User-Agent begins so, and no page can change what an image is asked for with


class ForeignOriginError(ProblemError):
    """A page of another origin asks for what it may not, or a browser for a page that it doesn't name."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, "foreign_origin", detail)


class OriginGuard:
    """ASGI middleware: refuses unknown hosts, foreign WebSockets, and what foreign pages would change.

    `origins` are those beside the API's own, as origin_of() gives them. What a foreign page merely reads is answered:
    without CORS headers its browser keeps the answer from it.
    """

    def __init__(self, app: ASGIApp, hosts: KnownHosts, origins: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except ProblemError as error:
            log.info("request.refused", code=error.code, detail=error.detail)
            await problem_answer(error)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        server = scope.get("server")
        self._hosts.check(headers, None if server is None else host_of(server[0]) or server[0])
        foreign = self._foreign_origin(headers, scope["scheme"])
        if foreign is None:
            return
        is_preflight = "access-control-request-method" in headers
        if scope["type"] == "websocket" or scope["method"] not in _READING or is_preflight:
            raise _refusal(foreign)
        scope[_FOREIGN] = foreign

    def _foreign_origin(self, headers: Headers, scheme: str) -> str | None:
        """Where the page is from that a browser sends this for, None for pages of our own and for programs."""
        site = headers.get("sec-fetch-site", "none")
        given = headers.getlist("origin")
        if not given:
            return None if site in {"same-origin", "none"} else site
        origin = origin_of(given[0]) if len(given) == 1 else None
        own = origin_of(f"{scheme.replace('ws', 'http')}://{headers['host']}")
        is_ours = origin is not None and (origin == own or origin in self._origins)
        if is_ours or (site == "same-origin" and _is_of_host(given, headers["host"])):
            return None
        return ", ".join(given)[:256]


def _is_of_host(origins: list[str], host: str) -> bool:
    """Whether the only origin is of this host, though maybe by TLS, which a proxy in between has taken off."""
    return len(origins) == 1 and host_of(origins[0].partition("://")[2]) == host_of(host)


async def refuse_foreign(request: Request) -> None:
    """For a stream, which would hold a place: raise ProblemError (403) for a page of another origin."""
    if (foreign := request.scope.get(_FOREIGN)) is not None:
        raise _refusal(foreign)


async def refuse_foreign_trigger(request: Request) -> None:
    """For a GET that changes something: raise ProblemError (403) also for a browser that doesn't say where it is from.

    Sec-Fetch-Site is only sent to loopback and over TLS, and no Origin with an image.
    """
    await refuse_foreign(request)
    headers = request.headers
    is_silent = "sec-fetch-site" not in headers and "origin" not in headers
    if is_silent and headers.get("user-agent", "").startswith(_BROWSER):
        detail = "a browser that doesn't say for which page it asks: use POST /trigger_report, or the page /ui/reports"
        raise ForeignOriginError(detail)


def _refusal(foreign: str) -> ForeignOriginError:
    return ForeignOriginError(f"the request comes from a foreign page ({foreign}): {_REMEDY}")

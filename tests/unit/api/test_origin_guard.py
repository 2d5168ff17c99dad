"""What foreign pages may not do, and what everybody else still may."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Message

from api.known_hosts import KnownHosts
from api.origin_guard import OriginGuard, refuse_foreign, refuse_foreign_trigger
from api.problems import add_problem_handlers

OWN = "http://127.0.0.1:8000"
SHARED = "https://dash.example.com"
FOREIGN: tuple[Mapping[str, str], ...] = (
    {"Origin": "http://evil.test"},
    {"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://127.0.0.1:9000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": ""},
    {"Origin": "https://dash.example.com.evil.test"},
    {"Origin": "http://dash.example.com"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "something new"},
)
FRIENDLY: tuple[Mapping[str, str], ...] = (
    {},
    {"Origin": OWN},
    {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://127.0.0.1", "Sec-Fetch-Site": "same-origin"},  # a proxy took TLS off
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": SHARED, "Sec-Fetch-Site": "cross-site"},
)


def guarded() -> ASGIApp:
    app = FastAPI()
    add_problem_handlers(app)

    @app.api_route("/", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def anything() -> str:
        return "done"

    @app.get("/stream", dependencies=[Depends(refuse_foreign)])
    async def stream() -> str:
        return "done"

    @app.get("/trigger", dependencies=[Depends(refuse_foreign_trigger)])
    async def trigger() -> str:
        return "done"

    hosts = KnownHosts(frozenset(), (), is_local_address_known=False)
    return OriginGuard(app, hosts, frozenset({f"{SHARED}:443"}))


def asked(method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded()), base_url=OWN) as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(ask())


CHANGES = [("POST", "/"), ("PUT", "/"), ("DELETE", "/"), ("PATCH", "/"), ("GET", "/trigger"), ("GET", "/stream")]


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_foreign_page_changes_nothing_and_holds_no_stream(method: str, path: str, headers: Mapping[str, str]) -> None:
    answer = asked(method, path, headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), CHANGES)
@pytest.mark.parametrize("headers", FRIENDLY, ids=str)
def test_own_pages_shared_ones_and_programs_change_what_they_like(
    method: str, path: str, headers: Mapping[str, str]
) -> None:
    assert asked(method, path, headers).json() == "done"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_what_a_foreign_page_merely_reads_is_answered_without_leave_to_read_it(headers: Mapping[str, str]) -> None:
    answer = asked("GET", "/", headers)

    assert answer.json() == "done"
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_foreign_preflight_is_refused() -> None:
    answer = asked("OPTIONS", "/", {"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"})

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


def test_browser_that_does_not_say_for_which_page_it_asks_begins_no_report_by_get() -> None:
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}

    assert asked("GET", "/trigger", agent).json()["code"] == "foreign_origin"
    assert asked("GET", "/trigger", {**agent, "Sec-Fetch-Site": "none"}).json() == "done"
    assert asked("GET", "/", agent).json() == "done"


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [*((headers, False) for headers in FOREIGN), *((headers, True) for headers in FRIENDLY), ({"Host": "e.t"}, False)],
    ids=str,
)
def test_web_socket_is_refused_before_it_is_accepted(headers: Mapping[str, str], is_let_in: bool) -> None:  # noqa: FBT001 - pytest gives it
    reached: list[str] = []
    sent: list[Message] = []

    async def app(scope: Any, *_: object) -> None:
        reached.append(scope["path"])

    async def connect() -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in {"Host": "127.0.0.1:8000", **headers}.items()]
        scope: dict[str, Any] = {
            "type": "websocket",
            "scheme": "ws",
            "path": "/ws",
            "headers": raw,
            "server": ("127.0.0.1", 8000),
        }
        scope["extensions"] = {"websocket.http.response": {}}
        hosts = KnownHosts(frozenset(), (), is_local_address_known=False)
        await OriginGuard(app, hosts, frozenset({f"{SHARED}:443"}))(scope, receive, send)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(connect())

    assert reached == (["/ws"] if is_let_in else [])
    assert [message.get("status") for message in sent[:1]] == ([] if is_let_in else [421 if "Host" in headers else 403])

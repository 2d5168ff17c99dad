"""A route takes what it declares: parameters by their names, bodies by their kind."""

import asyncio
import re
from collections.abc import Mapping
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.main import create_app
from stream_app.settings import load_settings


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The whole app, whose services are never reached."""
    made = create_app(load_settings({"REPORTS_DIR": str(tmp_path_factory.mktemp("reports"))}))
    made.state.services = SimpleNamespace(
        report_clock="stream", default_policy="default", tables=SimpleNamespace(known_metas=[])
    )
    return made


def asked(
    app: FastAPI, method: str, path: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers, content=content)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("method", "path", "status", "hint"),
    [
        ("POST", "/trigger_report?asof=stream", 422, "`as_of`?"),
        ("POST", "/trigger_report/a?column=extended", 422, "`columns`?"),
        ("GET", "/api/trigger_report?asof=stream", 400, "`as_of`?"),
        ("POST", "/api/get_report?reportid=1", 400, "body may have it"),
        ("GET", "/store/a/trigger_report/?As-Of=stream", 422, "`as_of`?"),
        ("GET", "/get_report?reportid=1", 422, "`report_id`?"),
        ("GET", "/get_report/1?fmt=csv", 422, "`format`?"),
        ("POST", "/reports?as_of=stream", 422, "body may have it"),
        ("GET", "/reports?Limit=1", 422, "`limit`?"),
        ("GET", "/reports/1?x=1", 422, "takes none"),
        ("GET", "/reports/1/download?guard_formula=1", 422, "`guard_formulas`?"),
        ("DELETE", "/reports/1?force=1", 422, "takes none"),
        ("GET", "/stores?zon=UTC", 422, "`zone`?"),
        ("GET", "/store?id=a&policies=x", 422, "`policy`?"),
        ("GET", "/stores/a/timeline?resoluton=5", 422, "`resolution`?"),
        ("GET", "/summary?q=1", 422, "as_of, policy"),
        ("GET", "/events?last_event=1", 422, "`last_event_id`?"),
        ("POST", "/polls?store_id=a", 422, "takes none"),
        ("DELETE", "/store/hours?ids=a", 422, "`id`?"),
        ("GET", "/health/live?verbose", 422, "takes none"),
        ("GET", "/ui?stat=up", 422, "`status`?"),
        ("GET", "/ui/stores/a?zom=day", 422, "`zoom`?"),
    ],
)
def test_parameter_that_is_not_known_is_refused_with_the_nearest_that_is(
    app: FastAPI, method: str, path: str, status: int, hint: str
) -> None:
    answer = asked(app, method, path, content=b"{}" if "get_report?" in path and method == "POST" else None)

    assert answer.status_code == status
    assert hint in answer.text.replace("&#39;", "'")
    assert "unknown_parameter" in answer.text


def declared_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route of ours; the framework's /docs takes what it likes."""
    routes = [route for route in iter_route_contexts(app.routes) if isinstance(route.original_route, APIRoute)]
    return [
        (method, re.sub(r"\{[^}]*\}", "a", route.path))
        for route in routes
        if route.path and not route.path.startswith("/docs")
        for method in route.methods or ()
    ]


def test_every_route_refuses_a_parameter_that_nobody_knows(app: FastAPI) -> None:
    routes = declared_routes(app)

    assert len(routes) > 40
    assert [
        route for route in routes if "unknown_parameter" not in asked(app, route[0], f"{route[1]}?nobody_knows=1").text
    ] == []


def test_what_others_append_to_links_leaves_pages_as_they_are(app: FastAPI) -> None:
    assert asked(app, "GET", "/ui/static/x/fleet.mjs?utm_source=mail&fbclid=1").status_code in {200, 404}
    assert asked(app, "GET", "/health/live?utm_source=mail").status_code == 422


UNASKED = ["text/plain", "text/plain; a=application/json", "application/x-www-form-urlencoded", "multipart/form-data"]


@pytest.mark.parametrize("media_type", [*UNASKED, None, "application/octet-stream", "text/csv", "json"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/polls", 415),
        ("POST", "/reports", 415),
        ("POST", "/stores/query", 415),
        ("PUT", "/stores/a/hours", 415),
        ("PUT", "/store/hours?id=a", 415),
        ("POST", "/store/get_report/", 415),
        ("POST", "/api/get_report", 400),
    ],
)
def test_body_of_another_kind_is_not_read_as_json(
    app: FastAPI, method: str, path: str, status: int, media_type: str | None
) -> None:
    answer = asked(app, method, path, {} if media_type is None else {"Content-Type": media_type}, b"{}")

    assert (answer.status_code, answer.json()["code"]) == (status, "unsupported_media_type")
    assert "add the header `Content-Type: application/json`" in answer.text


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "application/a+json"])
def test_json_by_its_header_is_read(app: FastAPI, media_type: str) -> None:
    answer = asked(app, "POST", "/reports", {"Content-Type": media_type}, b'{"nobody": 1}')

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["/reports", "/stores/query"])
def test_lines_are_for_polls_alone(app: FastAPI, path: str) -> None:
    answer = asked(app, "POST", path, {"Content-Type": "application/x-ndjson"}, b"{}")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

"""A page of another origin, or one whose name was made to mean this machine, can do nothing in a real browser."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import REBOUND, Service
from tests.support.waiting import comes_true

POLL = json.dumps({"store_id": "forged", "status": "active", "timestamp_utc": "2023-01-25 12:00:00 UTC"})
FETCH = """async ([url, options]) => {
  try {
    const answer = await fetch(url, {...options, signal: AbortSignal.timeout(10000)});
    return {type: answer.type, status: answer.status, text: await answer.text()};
  } catch (error) { return {type: "refused", status: 0, text: ""}; }
}"""
SOCKET = """url => new Promise(resolve => {
  const socket = new WebSocket(url), got = [];
  socket.onopen = () => socket.send("{}");
  socket.onmessage = message => { got.push(message.data); resolve(got); };
  socket.onclose = () => resolve(got);
})"""
EVENTS = """url => new Promise(resolve => {
  const source = new EventSource(url);
  source.onopen = () => resolve("open");
  source.onerror = () => resolve(source.readyState === EventSource.CLOSED ? "closed" : "trying");
})"""
IMAGE = """url => new Promise(resolve => {
  const image = new Image();
  image.onload = image.onerror = () => resolve(null);
  image.src = url;
})"""
FORM = """([url, type, fields]) => {
  const form = document.createElement("form");
  Object.assign(form, {action: url, method: "post", enctype: type, target: "frame"});
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    Object.assign(field, {name, value});
    form.append(field);
  }
  const frame = document.createElement("iframe");
  frame.name = "frame";
  document.body.append(frame, form);
  form.submit();
}"""


class Blank(BaseHTTPRequestHandler):
    """A page of nobody's."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title><body>")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def foreign(browser: Browser) -> Iterator[Page]:
    """A page on another port of 127.0.0.1, which is the same site and another origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Blank) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        context.close()
        server.shutdown()


@pytest.fixture
def rebound(browser: Browser, service: Service) -> Iterator[Page]:
    """A page of the service's own port under a foreign name, where it can do what a page of the service can."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{REBOUND}:{httpx.URL(service.url).port}/health/live")
    yield page
    context.close()


@contextmanager
def nothing_changes(service: Service) -> Iterator[None]:
    """No report more or less, no store more, no hours but those there were."""
    before = _what_could_change(service)
    yield
    assert _what_could_change(service) == before


def _what_could_change(service: Service) -> tuple[list[str], int, Any]:
    with httpx.Client(base_url=service.url, timeout=20) as http:
        # Whatever was posted has been taken in.
        assert comes_true(lambda: http.get("/health/ready").status_code == 200, 20)
        reports = [report["report_id"] for report in http.get("/reports").json()["reports"]]
        store_id = _a_store(http)
        forged = http.get("/stores/forged").status_code
        return reports, forged, http.get(f"/stores/{store_id}/hours").json()


def _a_store(http: httpx.Client) -> str:
    return str(http.get("/stores", params={"limit": "1"}).json()["stores"][0]["store_id"])


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
@pytest.mark.parametrize(("path", "body"), [("/polls", POLL), ("/reports", "{}"), ("/trigger_report", "")])
def test_foreign_page_sends_nothing_that_is_taken(
    foreign: Page, service: Service, mode: str, media_type: str, path: str, body: str
) -> None:
    options = {"method": "POST", "mode": mode, "headers": {"Content-Type": media_type}, "body": body}
    with nothing_changes(service):
        answer = foreign.evaluate(FETCH, [f"{service.url}{path}", options])

    assert answer["text"] == ""


@pytest.mark.parametrize(
    ("path", "kind", "fields"),
    [
        ("/trigger_report", "application/x-www-form-urlencoded", {}),
        ("/ui/reports", "application/x-www-form-urlencoded", {"as_of": "stream"}),
        ("/polls", "text/plain", {POLL[:-1] + ',"x":"': '"}'}),
        ("/reports", "multipart/form-data", {"a": "b"}),
    ],
)
def test_foreign_page_s_form_begins_nothing(
    foreign: Page, service: Service, path: str, kind: str, fields: Mapping[str, str]
) -> None:
    with nothing_changes(service), foreign.expect_response(lambda answer: path in answer.url) as answered:
        foreign.evaluate(FORM, [f"{service.url}{path}", kind, fields])

    assert answered.value.status == 403


@pytest.mark.parametrize("path", ["/api/trigger_report", "/store/forged/trigger_report/"])
def test_foreign_page_s_image_begins_no_report(foreign: Page, service: Service, path: str) -> None:
    with nothing_changes(service), foreign.expect_request(lambda request: path in request.url) as asked:
        foreign.evaluate(IMAGE, f"{service.url}{path}")

    assert asked.value.headers.get("origin") is None  # an image sends none


def test_foreign_page_reads_no_answer_no_event_and_no_socket(foreign: Page, service: Service) -> None:
    read = [foreign.evaluate(FETCH, [f"{service.url}{path}", {}]) for path in ("/summary", "/stores", "/ui", "/docs")]
    blind = foreign.evaluate(FETCH, [f"{service.url}/summary", {"mode": "no-cors"}])

    assert [answer["type"] for answer in read] == ["refused"] * 4
    assert blind["text"] == ""
    assert foreign.evaluate(EVENTS, f"{service.url}/events") == "closed"
    assert foreign.evaluate(SOCKET, f"{service.url.replace('http', 'ws')}/ws") == []


def test_rebound_name_reads_and_changes_nothing(rebound: Page, service: Service) -> None:
    with httpx.Client(base_url=service.url, timeout=20) as http:
        store_id = _a_store(http)
        report_id = http.get("/reports").json()["reports"][0]["report_id"]
    json_type = {"Content-Type": "application/json"}
    tries: list[tuple[str, dict[str, object]]] = [
        ("/summary", {}),
        ("/reports", {}),
        ("/ui/problems", {}),
        ("/events", {}),
        (f"/stores/{store_id}/hours", {"method": "PUT", "headers": json_type, "body": '{"timezone":"UTC"}'}),
        (f"/reports/{report_id}", {"method": "DELETE"}),
        ("/reports", {"method": "POST", "headers": json_type, "body": "{}"}),
        ("/polls", {"method": "POST", "headers": json_type, "body": POLL}),
        ("/ui/reports", {"method": "POST", "body": "as_of=stream"}),
        ("/api/trigger_report", {}),
    ]
    with nothing_changes(service):
        answers = [rebound.evaluate(FETCH, [path, options]) for path, options in tries]

    assert [answer["status"] for answer in answers] == [421] * len(tries)
    assert all(json.loads(answer["text"])["code"] == "unknown_host" for answer in answers)
    socket = f"ws://{REBOUND}:{httpx.URL(service.url).port}/ws"
    assert rebound.evaluate(SOCKET, socket) == []


def test_own_page_still_sends_its_form_and_listens(browser: Browser, service: Service) -> None:
    context = browser.new_context(base_url=service.url)
    page = context.new_page()
    page.goto("/ui/reports")
    with page.expect_navigation(url=lambda url: "/ui/reports/" in url):
        page.locator("form[action='/ui/reports'] button[type=submit], form[action='/ui/reports'] button").first.click()

    assert page.evaluate(EVENTS, "/events") == "open"
    assert page.evaluate(SOCKET, f"{service.url.replace('http', 'ws')}/ws") != []
    context.close()

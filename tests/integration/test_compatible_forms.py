"""Each row of docs/http-api.md's table of compatible forms, as a client written for it calls: by httpx and by curl."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import reference
from tests.support.api_place import HOURS, POLLS, ZONES, Place, api_over_all, make_place
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar

UNKNOWN = "0f8fad5bd9cb469fa16570867728950e"
WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client sees; header names are in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Client:
    """One way to call: method, path, JSON body, further headers."""

    call: Callable[[str, str, object, dict[str, str]], Answer]

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, None, headers)

    def post(self, path: str, body: object = None) -> Answer:
        return self.call("POST", path, body, {})

    def until(self, ask: Callable[[], Answer], is_running: Callable[[Answer], bool]) -> Answer:
        """The first answer that doesn't say that it runs."""
        deadline = time.monotonic() + WITHIN_S
        while is_running(answer := ask()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return answer


def by_httpx(sidecar: Sidecar) -> Client:
    def call(method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        answer = sidecar.http.request(method, path, headers=headers, json=body)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    return Client(call)


def by_curl(sidecar: Sidecar, folder: Path) -> Client:
    def call(method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        sent = [] if body is None else ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        url = f"{str(sidecar.http.base_url).rstrip('/')}{path}"
        written = ["-D", str(folder / "head"), "-o", str(folder / "body")]
        command = ["curl", "-sS", "-X", method, *written, *sent, *named, url]
        subprocess.run(command, check=True, timeout=20)
        status, *lines = (folder / "head").read_text().splitlines()
        pairs = (line.partition(":") for line in lines if line)
        return Answer(
            int(status.split()[1]),
            {name.lower(): value.strip() for name, _, value in pairs},
            (folder / "body").read_bytes(),
        )

    return Client(call)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka) -> Place:
    return make_place(tmp_path_factory.mktemp("forms"), kafka)


@pytest.fixture(scope="module")
def fleet(place: Place) -> Iterator[Sidecar]:
    with api_over_all(place) as sidecar:
        yield sidecar


@pytest.fixture(params=["httpx", "curl"])
def client(request: pytest.FixtureRequest, fleet: Sidecar, tmp_path: Path) -> Client:
    return by_httpx(fleet) if request.param == "httpx" else by_curl(fleet, tmp_path)


@pytest.fixture(scope="module")
def stuck_id(place: Place, fleet: Sidecar) -> str:
    """A report whose file is gone."""
    report_id = str(fleet.http.post("/trigger_report/a").json()["report_id"])
    file = place.folder / "reports" / f"{report_id}.csv"
    deadline = time.monotonic() + WITHIN_S
    while fleet.http.get(f"/get_report/{report_id}").status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    file.unlink()
    return report_id


def whole() -> bytes:
    return reference.report(POLLS, HOURS, ZONES)


def row_of(store_id: str) -> bytes:
    header, *rows = whole().splitlines(keepends=True)
    return header + b"".join(row for row in rows if row.startswith(f"{store_id},".encode()))


def says(status: str) -> Callable[[Answer], bool]:
    def is_running(answer: Answer) -> bool:
        return answer.headers["content-type"] == "application/json" and answer.json["status"] == status

    return is_running


def test_form_a(client: Client) -> None:
    triggered = client.get("/api/trigger_report")
    asked = {"report_id": triggered.json["report_id"]}
    complete = client.until(lambda: client.post("/api/get_report", asked), says("RUNNING"))
    download = client.get(urlsplit(complete.json["url"]).path)
    unknown = client.post("/api/get_report", {"report_id": UNKNOWN})
    bodyless = client.post("/api/get_report", {})
    mistimed = client.get("/api/trigger_report?as_of=yesterday")

    assert (triggered.status, list(triggered.json)) == (200, ["report_id"])
    assert (complete.status, set(complete.json), complete.json["status"]) == (200, {"status", "url"}, "COMPLETE")
    assert download.content == whole()
    assert [(answer.status, answer.json["code"]) for answer in (unknown, bodyless, mistimed)] == [
        (400, "unknown_report"),
        (400, "invalid_request"),
        (400, "bad_as_of"),
    ]
    assert "there is no report" in unknown.json["error"]


def test_form_b(client: Client) -> None:
    triggered = client.post("/trigger_report")
    path = f"/get_report/{triggered.json['report_id']}"
    complete = client.until(lambda: client.get(path), says("Running"))
    as_csv = client.get(path, Accept="text/csv")
    unknown = client.get(f"/get_report/{UNKNOWN}")

    assert (triggered.status, set(triggered.json)) == (200, {"report_id", "status", "message"})
    assert (complete.status, set(complete.json), complete.json["status"]) == (200, {"status", "url"}, "Complete")
    assert complete.json["url"].endswith(f"/reports/{triggered.json['report_id']}/download")
    assert (as_csv.status, as_csv.content) == (200, whole())
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert (unknown.status, unknown.json["detail"]) == (404, f"there is no report {UNKNOWN!r}")


def test_form_c(client: Client) -> None:
    triggered = client.post("/trigger_report")
    path = f"/get_report?report_id={triggered.json['report_id']}"
    complete = client.until(lambda: client.get(path, Accept="application/json, */*"), says("Running"))
    unknown = client.get(f"/get_report?report_id={UNKNOWN}")

    assert (triggered.status, triggered.json["status"]) == (200, "Running")
    assert triggered.json["message"]
    assert (complete.status, complete.content) == (200, whole())
    assert complete.headers["content-disposition"].startswith("attachment; filename=")
    assert (unknown.status, unknown.json["code"]) == (404, "unknown_report")


@pytest.mark.parametrize("as_given", [str, int])
def test_form_d(client: Client, as_given: Callable[[str], object]) -> None:
    triggered = client.get("/store/a/trigger_report/")
    asked = {"report_id": as_given(triggered.json["report_id"])}
    complete = client.until(lambda: client.post("/store/get_report/", asked), says("Running"))
    unknown = client.post("/store/get_report/", {"report_id": as_given("7")})

    assert (triggered.status, list(triggered.json)) == (200, ["report_id"])
    assert (complete.status, complete.content) == (200, row_of("a"))
    assert complete.headers["content-disposition"].startswith("attachment; filename=")
    assert client.get("/store/nobody/trigger_report/").status == 404
    assert unknown.status == 404


def test_form_e(client: Client, stuck_id: str) -> None:
    triggered = client.post("/trigger_report/b")
    path = f"/get_report/{triggered.json['report_id']}"
    complete = client.until(lambda: client.get(path), lambda answer: answer.status == 202)
    failed = client.post("/trigger_report/a?from=2000-01-01&to=2000-01-02").json["report_id"]
    gone = client.until(lambda: client.get(f"/get_report/{failed}"), lambda answer: answer.status == 202)

    assert (triggered.status, list(triggered.json)) == (202, ["report_id"])
    assert (complete.status, complete.content) == (200, row_of("b"))
    assert complete.headers["x-report-status"] == "Complete"
    assert (gone.status, gone.json) == (410, {"status": "failed"})
    assert client.post("/trigger_report/nobody").status == 404
    assert client.get(f"/get_report/{UNKNOWN}").status == 404
    assert client.get(f"/get_report/{stuck_id}").status == 500


@pytest.mark.parametrize("store_id", ["../etc", "=1+1", "ü/ä b"])
def test_store_ids_that_look_like_something_else_are_data(client: Client, store_id: str) -> None:
    path = "".join(f"%{byte:02X}" for byte in store_id.encode())
    triggered = client.post(f"/trigger_report/{path}")
    report = f"/get_report/{triggered.json['report_id']}"

    assert client.until(lambda: client.get(report), lambda answer: answer.status == 202).content == row_of(store_id)


@pytest.mark.parametrize(
    ("trigger", "query", "accept", "answer"),
    [
        ("/trigger_report", "", "*/*", "json"),
        ("/trigger_report", "", "text/html, */*;q=0.1", "json"),
        ("/trigger_report", "", "application/json;q=0.5, text/csv", "csv"),
        ("/trigger_report", "?format=csv", "application/json", "csv"),
        ("/trigger_report", "?format=jsonl", "*/*", "jsonl"),
        ("/trigger_report/a", "", "*/*", "csv"),
        ("/trigger_report/a", "", "application/json", "json"),
        ("/trigger_report/a", "?format=json", "text/csv", "json"),
        ("/trigger_report/a", "", "application/x-ndjson", "jsonl"),
    ],
)
def test_shared_path_answers_what_is_asked_for_else_as_the_trigger(
    fleet: Sidecar, tmp_path: Path, trigger: str, query: str, accept: str, answer: str
) -> None:
    client = by_curl(fleet, tmp_path)
    report_id = client.post(f"{trigger}").json["report_id"]
    client.until(lambda: client.get(f"/get_report/{report_id}?format=json"), says("Running"))

    found = client.get(f"/get_report/{report_id}{query}", Accept=accept)

    kinds = {"json": "application/json", "csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
    assert (found.status, found.headers["content-type"]) == (200, kinds[answer])


def test_form_e_says_that_it_runs(client: Client, place: Place, fleet: Sidecar) -> None:
    del fleet
    place.send("b", 1)  # nobody takes it in until the tables say so, which is why this test is the last
    report_id = client.post("/trigger_report/b").json["report_id"]
    running = client.get(f"/get_report/{report_id}")
    as_json = client.get(f"/get_report/{report_id}?format=json")
    in_a = client.post("/api/get_report", {"report_id": report_id})
    in_c = client.get(f"/get_report?report_id={report_id}")
    failed = client.until(lambda: client.get(f"/get_report/{report_id}"), lambda answer: answer.status == 202)

    assert (running.status, running.json) == (202, {"status": "running"})
    assert as_json.json == {"status": "Running", "url": None}
    assert in_a.json == {"status": "RUNNING"}
    assert (set(in_c.json), in_c.json["status"]) == ({"report_id", "status", "message"}, "Running")
    assert failed.status == 410

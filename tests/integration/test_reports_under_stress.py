"""Reports where much goes wrong at once: each ends as complete, or as failed by name, and never stays unfinished."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from tests import reference
from tests.support.api_place import HOURS, POLLS, ZONES, Place, api_over_all, make_place
from tests.support.kafka import RunningKafka
from tests.support.sidecar import running_sidecar
from tests.support.waiting import comes_true

TRIGGERS = 200
FORMS = (
    ("POST", "/trigger_report"),
    ("GET", "/api/trigger_report"),
    ("POST", "/reports"),
)


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    return make_place(tmp_path, kafka)


async def triggered_at_once(url: httpx.URL) -> list[str]:
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=TRIGGERS)) as http:
        asked = (http.request(*FORMS[number % len(FORMS)]) for number in range(TRIGGERS))
        return [answer.raise_for_status().json()["report_id"] for answer in await asyncio.gather(*asked)]


def test_two_hundred_triggers_at_once_are_all_the_reference_s(place: Place) -> None:
    with api_over_all(place) as sidecar:
        ids = asyncio.run(triggered_at_once(sidecar.http.base_url))
        assert comes_true(
            lambda: len(sidecar.get("/reports", state="Complete", limit="500")["reports"]) == TRIGGERS, within_s=90
        )
        shown = sidecar.get("/reports", limit="500")["reports"]

    contents = {path.read_bytes() for path in (place.folder / "reports").glob("*.csv")}
    assert len(set(ids)) == len(shown) == TRIGGERS
    assert contents == {reference.report(POLLS, HOURS, ZONES)}


def test_killed_sidecar_s_report_has_failed_by_name_and_left_nothing(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with running_sidecar(place.environment) as first:
        assert first.becomes_ready()
        place.send("a", 1)  # nobody takes it in: the report waits
        report_id = first.http.post("/reports").json()["report_id"]
        assert comes_true(lambda: first.get(f"/reports/{report_id}")["state"] == "Running")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(10)
    (place.folder / "api.json").unlink(missing_ok=True)
    (place.folder / "reports" / f".{report_id}.csv.part").write_text("half")

    with running_sidecar(place.environment) as second:
        found = second.get(f"/reports/{report_id}")

    assert (found["state"], found["code"]) == ("Failed", "interrupted")
    assert [path.name for path in (place.folder / "reports").iterdir()] == [f"{report_id}.json"]


def test_folder_that_vanishes_fails_triggers_by_name_and_the_api_goes_on(place: Place) -> None:
    with api_over_all(place) as sidecar:
        reports = place.folder / "reports"
        reports.rmdir()
        refused = sidecar.http.post("/reports")
        in_form_a = sidecar.http.get("/api/trigger_report")
        listed = sidecar.get("/reports")["reports"]
        reports.mkdir()
        again = sidecar.csv()

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_failed")
    assert (in_form_a.status_code, in_form_a.json()["code"]) == (400, "storage_failed")
    assert listed == []
    assert again == reference.report(POLLS, HOURS, ZONES)

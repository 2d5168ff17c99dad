"""Reports that are uploaded: signed links, a storage that dies in the middle, retries; S3 by versitygw on a folder."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import reference
from tests.support.api_place import HOURS, POLLS, ZONES, Place, make_place
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, running_sidecar
from tests.support.store_servers.running import BUCKET, StoreServer, versitygw
from tests.support.store_servers.stalling_relay import stalling_relay
from tests.support.waiting import comes_true

UNFINISHED = {"Pending", "Running"}
WHOLE = reference.report(POLLS, HOURS, ZONES)
MANY = [(f"{number:0250}", "active", "2023-01-25 12:00:00 UTC") for number in range(15_000)]
OF_ONE_ATTEMPT = 6  # requests: two parts, each sent three times
UPLOADED_WITHIN_S = 60  # the pauses between attempts are 31 s at most


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with versitygw(tmp_path_factory.mktemp("storage")) as server:
        yield server


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka, storage: StoreServer) -> Place:
    """One whose reports go to a prefix of its own."""
    made = make_place(tmp_path_factory.mktemp("place"), kafka)
    store = f"{storage.address}/{made.folder.name}"
    return replace(made, environment={**made.environment, **storage.environment, "REPORT_STORE": store})


@contextmanager
def api(place: Place, **settings: str) -> Iterator[Sidecar]:
    with running_sidecar({**place.environment, **settings}) as sidecar:
        assert sidecar.becomes_ready()
        yield sidecar


def begun(sidecar: Sidecar, **body: object) -> str:
    return str(sidecar.http.post("/reports", json=body).raise_for_status().json()["report_id"])


def ended(sidecar: Sidecar, report_id: str) -> dict[str, Any]:
    assert comes_true(lambda: sidecar.get(f"/reports/{report_id}")["state"] not in UNFINISHED, UPLOADED_WITHIN_S)
    return sidecar.get(f"/reports/{report_id}")


def is_uploading(sidecar: Sidecar, report_id: str) -> bool:
    report = sidecar.get(f"/reports/{report_id}")
    return (report["state"], report["progress"]) == ("Running", 1)


@contextmanager
def stuck_upload(sidecar: Sidecar, storage: StoreServer) -> Iterator[str]:
    """The id of a report whose upload doesn't get on while the block runs."""
    storage.freeze()
    try:
        report_id = begun(sidecar)
        assert comes_true(lambda: is_uploading(sidecar, report_id), 20)
        yield report_id
    finally:
        storage.thaw()


def by_curl(link: str) -> bytes:
    command = ["curl", "-sSf", link]
    return subprocess.run(command, check=True, capture_output=True, timeout=20).stdout


def status_by_curl(link: str) -> int:
    command = ["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", link]
    return int(subprocess.run(command, check=True, capture_output=True, timeout=20).stdout)


def local_copy(place: Place, report_id: str) -> Path:
    return place.folder / "reports" / f"{report_id}.csv"


def objects(place: Place, storage: StoreServer) -> set[str]:
    """Names below this place's prefix, in the folder that the server keeps them in."""
    root = Path(storage.command[-1]) / BUCKET
    return {path.name for path in root.rglob("*") if path.is_file() and place.folder.name in path.parts}


def test_report_is_fetched_by_its_signed_link_in_every_form_that_has_a_url(place: Place, storage: StoreServer) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place, REPORT_LINK_TTL="90") as sidecar:
        report = ended(sidecar, begun(sidecar))
        report_id = report["report_id"]
        listed = sidecar.get("/reports")["reports"][0]
        form_a = sidecar.http.post("/api/get_report", json={"report_id": report_id}).json()
        form_b = sidecar.get(f"/get_report/{report_id}")
        form_c = sidecar.http.get("/get_report", params={"report_id": report_id})
        links = [report["links"]["download"], listed["links"]["download"], form_a["url"], form_b["url"]]
        fetched = {by_curl(link) for link in links}

    assert report["state"] == "Complete", report
    assert fetched == {WHOLE}
    assert all(link.startswith(storage.url) for link in links)
    assert {parse_qs(urlsplit(link).query)["X-Amz-Expires"][0] for link in links} == {"90"}
    assert form_c.content == WHOLE
    assert "upload" in report["timings"]
    assert objects(place, storage) == {f"{report_id}.csv", f"{report_id}.json"}


def test_link_that_has_expired_is_refused_and_the_next_one_is_good(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place, REPORT_LINK_TTL="2") as sidecar:
        report = ended(sidecar, begun(sidecar))
        link = report["links"]["download"]
        assert comes_true(lambda: status_by_curl(link) == 403)
        anew = sidecar.get(f"/reports/{report['report_id']}")["links"]["download"]

        assert by_curl(anew) == WHOLE


def test_download_and_conversion_go_on_from_the_store_where_the_local_copy_is_lost(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place) as sidecar:
        report = ended(sidecar, begun(sidecar))
        path = f"/reports/{report['report_id']}/download"
        local_copy(place, report["report_id"]).unlink()
        part = sidecar.http.get(path, headers={"Range": "bytes=0-7", "Accept-Encoding": "identity"})
        local_copy(place, report["report_id"]).unlink()
        lines = sidecar.http.get(path, params={"format": "jsonl"})

    assert (part.status_code, part.content) == (206, WHOLE[:8])
    assert part.headers["etag"] == f'"{report["sha256"]}"'
    assert len(lines.content.splitlines()) == len(WHOLE.splitlines()) - 1


def test_deleted_and_outdated_reports_leave_the_store(place: Place, storage: StoreServer) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place) as sidecar:
        first, second = ended(sidecar, begun(sidecar)), ended(sidecar, begun(sidecar))
        sidecar.http.delete(f"/reports/{first['report_id']}").raise_for_status()
        left = objects(place, storage)
    with running_sidecar({**place.environment, "REPORT_KEEP": "0.001"}) as later:
        assert comes_true(lambda: later.get("/reports")["reports"] == [])

    assert left == {f"{second['report_id']}.csv", f"{second['report_id']}.json"}
    assert objects(place, storage) == set()


def test_storage_that_is_killed_in_the_middle_of_an_upload_gets_it_when_it_is_back(
    place: Place, storage: StoreServer
) -> None:
    place.tables.write(MANY)
    with (
        stalling_relay(int(storage.url.rpartition(":")[2]), 3 << 20) as relay,
        api(place, AWS_ENDPOINT_URL=relay.url) as sidecar,
    ):
        report_id = begun(sidecar, columns="extended")
        assert relay.stalled.wait(30)
        assert is_uploading(sidecar, report_id)
        message = sidecar.get("/get_report", report_id=report_id)["message"]
        storage.kill()
        relay.let_through()
        assert comes_true(lambda: relay.refused > OF_ONE_ATTEMPT, 20)
        assert is_uploading(sidecar, report_id)
        storage.start()
        report = ended(sidecar, report_id)
        fetched = by_curl(report["links"]["download"])

    assert message == "the report is being uploaded"
    assert report["state"] == "Complete", report
    assert report["counts"]["bytes"] > 5 << 20  # more than one part
    assert fetched == local_copy(place, report_id).read_bytes()
    assert len(fetched) == report["counts"]["bytes"]


def test_upload_that_failed_keeps_its_copy_and_is_retried_on_demand(place: Place, storage: StoreServer) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    storage.kill()
    try:
        with api(place) as sidecar:
            failed = ended(sidecar, begun(sidecar))
            report_id = failed["report_id"]
            form_b = sidecar.get(f"/get_report/{report_id}")
            copy = local_copy(place, report_id).read_bytes()
    finally:
        storage.start()
    with running_sidecar(place.environment) as restarted:
        kept = restarted.get(f"/reports/{report_id}")
        retried = restarted.http.post(f"/reports/{report_id}/retry")
        report = ended(restarted, report_id)
        again = restarted.http.post(f"/reports/{report_id}/retry")

        assert by_curl(report["links"]["download"]) == WHOLE
    assert (failed["state"], failed["code"], failed["links"]["download"]) == ("Failed", "upload_failed", None)
    assert "s3://" in failed["reason"]
    assert (form_b["status"], form_b["code"]) == ("Failed", "upload_failed")
    assert copy == WHOLE
    assert (kept["state"], kept["code"]) == ("Failed", "upload_failed")
    assert (retried.status_code, retried.json()["state"], retried.json()["code"]) == (202, "Running", None)
    assert retried.headers["location"] == report["links"]["self"]
    assert (report["state"], report["code"], report["sha256"]) == ("Complete", None, failed["sha256"])
    assert (again.status_code, again.json()["code"]) == (409, "report_not_failed")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_upload_that_the_api_died_over_goes_on_after_its_restart(
    place: Place, storage: StoreServer, how: signal.Signals
) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place) as sidecar, stuck_upload(sidecar, storage) as report_id:
        sidecar.process.send_signal(how)
        sidecar.process.wait(20)
    on_disk = json.loads((place.folder / "reports" / f"{report_id}.json").read_bytes())
    with running_sidecar(place.environment) as restarted:
        report = ended(restarted, report_id)

        assert by_curl(report["links"]["download"]) == WHOLE
    assert on_disk["state"] == "Running"
    assert report["state"] == "Complete"


def test_report_that_could_not_be_computed_is_computed_by_a_retry(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place) as sidecar:
        place.send("a", 1)  # nobody takes it in
        failed = ended(sidecar, begun(sidecar))
        place.tables.write(POLLS, HOURS, ZONES, positions=place.positions(1), changelog_offset=8)
        retried = sidecar.http.post(f"/reports/{failed['report_id']}/retry")
        report = ended(sidecar, failed["report_id"])

        assert by_curl(report["links"]["download"]) == WHOLE
    assert (failed["code"], retried.status_code, retried.json()["state"]) == ("partitions_lagging", 202, "Pending")
    assert (report["state"], report["reason"]) == ("Complete", None)
    assert report["triggered_at"] == failed["triggered_at"]


def test_upload_that_is_cancelled_is_not_retried_and_leaves_no_copy(place: Place, storage: StoreServer) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with api(place) as sidecar, stuck_upload(sidecar, storage) as report_id:
        cancelled = sidecar.http.delete(f"/reports/{report_id}")
        report = sidecar.get(f"/reports/{report_id}")
        retried = sidecar.http.post(f"/reports/{report_id}/retry")

    assert (cancelled.status_code, report["state"], retried.status_code) == (204, "Cancelled", 409)
    assert not local_copy(place, report_id).exists()

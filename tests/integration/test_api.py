"""The API as a process, on a real Kafka and real tables; the worker's part is played by tests.support.tables."""

import asyncio
import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from stream_app.domain.partitions import partition_of
from stream_app.local.api_client import ApiClient
from stream_app.local.first_report import FirstReport
from stream_app.local.kafka import EmbeddedKafka, two_free_ports
from stream_app.process_ends import EXIT_FAILED
from stream_app.replay_progress import ReplayProgress, write_progress
from stream_app.settings import Settings
from stream_app.topics import configs_of, ensure_topics
from tests import reference
from tests.support.api_place import HOURS, PARTITIONS, POLLS, ZONES, Place, api_over_all, make_place, tables_of
from tests.support.kafka import RunningKafka, java_and_jars
from tests.support.sidecar import Sidecar, api_environment, children_of, running_sidecar
from tests.support.waiting import comes_true, is_orphan_gone


@pytest.fixture(scope="module")
def fleet_place(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka) -> Place:
    """Where `fleet` keeps its things."""
    return make_place(tmp_path_factory.mktemp("fleet"), kafka)


@pytest.fixture(scope="module")
def fleet(fleet_place: Place) -> Iterator[Sidecar]:
    """An API over a fleet that is wholly taken in, for tests that only ask."""
    with api_over_all(fleet_place) as sidecar:
        yield sidecar


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    return make_place(tmp_path, kafka)


@pytest.fixture
def sidecar(place: Place) -> Iterator[Sidecar]:
    """The same as `fleet`, for a test that changes what is below it."""
    with api_over_all(place) as sidecar:
        yield sidecar


def test_report_is_the_reference_s(fleet: Sidecar) -> None:
    assert fleet.csv() == reference.report(POLLS, HOURS, ZONES)


def test_report_of_another_time_is_the_reference_s(fleet: Sidecar) -> None:
    later, earlier = datetime(2023, 2, 3, 4, 5, 6, tzinfo=UTC), datetime(2023, 1, 20, 12, tzinfo=UTC)

    assert fleet.csv(as_of="2023-02-03T04:05:06Z") == reference.report(POLLS, HOURS, ZONES, later)
    assert fleet.csv(as_of="2023-01-20T12:00") == reference.report(POLLS, HOURS, ZONES, earlier)


def test_metadata_tell_what_was_counted_and_how(fleet: Sidecar, fleet_place: Place) -> None:
    report_id = fleet.trigger()
    fleet.finished(report_id)

    metadata = json.loads((fleet_place.folder / "reports" / f"{report_id}.json").read_bytes())
    content = (fleet_place.folder / "reports" / f"{report_id}.csv").read_bytes()
    assert metadata["as_of"] == "2023-01-25T12:00:00.000000Z"
    assert (metadata["stores"], metadata["polls"], metadata["calendars"]) == (6, 6, 5)
    assert (metadata["state"], metadata["policy"], metadata["bytes"]) == ("Complete", "default", len(content))
    assert [offsets["ends"] for offsets in metadata["partitions"]] == [fleet_place.positions(0)] * PARTITIONS
    assert set(metadata["ms"]) == {"end_offsets", "wait", "catch_up", "scan", "count", "write"}


def test_csv_comes_where_it_is_accepted_and_json_where_it_is_not(fleet: Sidecar) -> None:
    report_id = fleet.trigger()
    answer = fleet.finished(report_id)

    asked = fleet.http.get(f"/get_report/{report_id}", headers={"Accept": "text/html, text/csv;q=0.9"})
    downloaded = fleet.http.get(answer["url"])

    assert answer["url"] == f"{fleet.http.base_url}/reports/{report_id}/download"
    assert asked.content == downloaded.content
    assert asked.headers["content-type"] == "text/csv; charset=utf-8"
    assert asked.headers["content-disposition"].startswith("attachment")


def test_report_holds_what_was_acknowledged_before_its_trigger(place: Place, sidecar: Sidecar) -> None:
    place.send("a", 3)
    home = partition_of(b"a", PARTITIONS)

    report_id = sidecar.trigger()
    while_behind = sidecar.get(f"/get_report/{report_id}")
    as_csv = sidecar.http.get(f"/get_report/{report_id}", headers={"Accept": "text/csv"})
    early = sidecar.http.get(f"/reports/{report_id}/download")
    more = [*POLLS, ("a", "inactive", "2023-01-25 11:55:00 UTC")]
    place.tables.write(more, HOURS, ZONES, only=[home], positions=place.positions(3))
    answer = sidecar.finished(report_id)

    assert while_behind == as_csv.json() == {"status": "Running", "url": None}
    assert (early.status_code, early.json()["code"]) == (409, "report_not_complete")
    assert sidecar.http.get(answer["url"]).content == reference.report(more, HOURS, ZONES)


def test_lagging_partition_fails_the_report_by_name_unless_stale_is_allowed(place: Place, sidecar: Sidecar) -> None:
    place.send("b", 2)
    topic, home = f"{place.environment['TOPIC_PREFIX']}store-polls", partition_of(b"b", PARTITIONS)

    strict, stale = sidecar.trigger(), sidecar.trigger(allow_stale="true")

    failed = sidecar.finished(strict)
    assert (failed["status"], failed["url"], failed["code"]) == ("Failed", None, "partitions_lagging")
    assert failed["reason"].endswith(f": partition {home} at 0 of 2 in {topic}")
    assert sidecar.finished(stale)["status"] == "Complete"
    ready = sidecar.http.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["reasons"] == [f"partition {home} at 0 of 2 in {topic}"]
    assert {
        "partition": home,
        "topic": topic,
        "position": 0,
        "end": 2,
        "lag": 2,
        "is_held_back": False,
    } in ready.json()["partitions"]


@pytest.mark.parametrize("missing", [[2], [0, 1, 2, 3]], ids=["one of them", "the API is there before the worker"])
def test_missing_database_is_named_and_picked_up_when_it_appears(place: Place, missing: list[int]) -> None:
    place.tables.write(POLLS, HOURS, ZONES, only=set(range(PARTITIONS)) - set(missing))
    with running_sidecar(place.environment) as sidecar:
        said = 3 * len(missing)  # once, and for either topic
        assert comes_true(lambda: len(sidecar.get("/health/ready")["reasons"]) == said)
        ready = sidecar.http.get("/health/ready")
        failed = sidecar.finished(sidecar.trigger(allow_stale="true"))

        place.tables.write(POLLS, HOURS, ZONES, only=missing)

        assert sidecar.becomes_ready()
        assert sidecar.csv() == reference.report(POLLS, HOURS, ZONES)
    assert ready.status_code == 503
    for partition, reason in zip(missing, ready.json()["reasons"], strict=False):
        assert reason.startswith(f"partition {partition}: there is no database")
    assert (failed["status"], failed["code"]) == ("Failed", "database_missing")
    assert all(f"partition {partition}: " in failed["reason"] for partition in missing)


def test_database_made_anew_under_the_sidecar_is_picked_up(place: Place, sidecar: Sidecar) -> None:
    before = sidecar.csv()
    changed = [*POLLS[:2], ("a", "inactive", "2023-01-25 11:50:00 UTC"), *POLLS[3:]]
    for partition in range(PARTITIONS):
        place.tables.path(partition).rename(place.folder / f"gone-{partition}")
    gone = comes_true(lambda: sidecar.http.get("/health/ready").status_code == 503)
    place.tables.write(changed, HOURS, ZONES)

    assert gone
    assert sidecar.becomes_ready()
    assert sidecar.csv() == reference.report(changed, HOURS, ZONES) != before


def test_without_a_poll_a_report_fails_by_name_or_takes_the_time_given(place: Place) -> None:
    place.tables.write((), HOURS, ZONES)
    at = datetime(2023, 1, 25, 12, tzinfo=UTC)
    with running_sidecar(place.environment) as sidecar:
        assert sidecar.becomes_ready()

        assert sidecar.finished(sidecar.trigger())["code"] == "no_polls"
        assert sidecar.csv(as_of="2023-01-25T12:00:00Z") == reference.report((), HOURS, ZONES, at)
        assert sidecar.http.get("/stores/a").json()["code"] == "no_polls"
        assert sidecar.get("/stores/a", as_of="2023-01-25T12:00:00Z")["status"] == "down"


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2023-01-16T23:59:59Z", "as_of_not_retained"),
        ("1969-01-01", "bad_as_of"),
        ("9999-12-31", "bad_as_of"),
        ("yesterday", "bad_as_of"),
        ("2023-01-25T12:00:00 00:00", "bad_as_of"),
    ],
)
def test_time_that_cannot_be_computed_is_refused_at_the_trigger(fleet: Sidecar, as_of: str, code: str) -> None:
    answer = fleet.http.post("/trigger_report", params={"as_of": as_of})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_refusal_of_an_early_time_names_the_first_that_is_possible(fleet: Sidecar) -> None:
    detail = fleet.http.post("/trigger_report", params={"as_of": "2023-01-16T23:59:59Z"}).json()["detail"]

    assert "2023-01-17T00:00:00Z" in detail
    assert fleet.csv(as_of="2023-01-17T00:00:00Z").startswith(b"store_id")


def test_live_status_has_the_report_s_minutes(fleet: Sidecar) -> None:
    as_of = datetime(2023, 1, 25, 12, tzinfo=UTC)
    calendars = reference.calendars_from_rows(HOURS, ZONES)
    expected = reference.counts_by_store(POLLS, calendars, as_of)

    for store_id, counts in expected.items():
        found = fleet.http.get("/stores/" + store_id.replace("/", "%2F").replace("..", "%2E%2E")).json()
        assert found["store_id"] == store_id
        assert {name: found[f"{name}_minutes"] for name in counts._fields} == counts._asdict()


def test_live_status_says_what_is_now(fleet: Sidecar) -> None:
    now, before, night = (
        fleet.get("/stores/a", as_of=t) for t in ("2023-01-25T11:50", "2023-01-25T11:49:59", "2023-01-25")
    )

    assert fleet.get("/stores/a")["as_of"] == "2023-01-25T12:00:30.250000Z"
    assert (now["status"], now["is_open_now"], now["zone"]) == ("up", True, "UTC")
    assert now["last_poll"] == {"status": "active", "timestamp_utc": "2023-01-25T11:50:00.000000Z", "age_seconds": 0}
    assert before["status"] == "down"
    assert before["last_poll"] == {
        "status": "inactive",
        "timestamp_utc": "2023-01-24T12:30:45.500000Z",
        "age_seconds": 23 * 3600 + 19 * 60 + 13.5,
    }
    assert (night["status"], night["is_open_now"]) == ("closed", False)
    assert fleet.get("/stores/silent")["last_poll"] is None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/stores/nobody", "unknown_store"),
        ("/stores/%01", "unknown_store"),
        ("/stores/..%2F..%2Fetc%2Fpasswd", "unknown_store"),
        ("/stores/" + "x" * 300, "unknown_store"),
        ("/get_report/0f8fad5bd9cb469fa16570867728950e", "unknown_report"),
        ("/get_report/..%2Fapi", "not_found"),
        ("/reports/nothing/download", "unknown_report"),
        ("/nowhere", "not_found"),
    ],
)
def test_unknown_things_are_problems_with_a_code(fleet: Sidecar, path: str, code: str) -> None:
    answer = fleet.http.get(path)

    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (404, 404, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_wrong_method_is_a_problem_that_names_the_right_one(fleet: Sidecar) -> None:
    answer = fleet.http.put("/trigger_report")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_reports_survive_a_restart_and_interrupted_ones_have_failed(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    place.send("a", 1)  # nobody takes it in: the report below stays running
    with running_sidecar(place.environment) as first:
        complete = first.trigger(allow_stale="true")
        assert first.finished(complete)["status"] == "Complete"
        interrupted, killed = first.trigger(), first.trigger()
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(10) == 0
    metadata = place.folder / "reports" / f"{killed}.json"
    metadata.write_bytes(metadata.read_bytes().replace(b'"Failed"', b'"Running"'))
    (place.folder / "reports" / f".{killed}.csv.part").write_text("half")

    with running_sidecar(place.environment) as second:
        answers = [second.get(f"/get_report/{report_id}") for report_id in (complete, interrupted, killed)]

        assert [answer["status"] for answer in answers] == ["Complete", "Failed", "Failed"]
        assert [answer.get("code") for answer in answers] == [None, "interrupted", "interrupted"]
        assert second.http.get(answers[0]["url"]).content == reference.report(POLLS, HOURS, ZONES)
    assert not list((place.folder / "reports").glob(".*"))


def test_stop_leaves_no_process_no_address_and_no_folder(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with running_sidecar(place.environment) as sidecar:
        sidecar.csv()
        children = children_of(sidecar.process.pid)
        sidecar.process.send_signal(signal.SIGTERM)
        assert sidecar.process.wait(10) == 0

        assert children
        assert all(is_orphan_gone(child) for child in children)
        assert not (place.folder / "api.json").exists()
        assert not list(place.folder.glob("store-monitor-api-*"))


def test_killed_sidecar_leaves_no_process(place: Place) -> None:
    with running_sidecar(place.environment) as sidecar:
        children = children_of(sidecar.process.pid)
        sidecar.process.kill()
        sidecar.process.wait(10)

        assert children
        assert all(is_orphan_gone(child) for child in children)


def test_readiness_waits_for_the_replay(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    replay = place.folder / "replay.json"
    with running_sidecar({**place.environment, "REPLAY_FILE": str(replay)}) as sidecar:
        assert comes_true(lambda: sidecar.get("/health/ready")["reasons"] == ["the replay has not begun"])
        write_progress(replay, ReplayProgress("running", 1, 1, 0, {}, None, None, None))
        running = sidecar.get("/health/ready")
        write_progress(replay, ReplayProgress("failed", 1, 1, 0, {}, None, None, "the disk is on fire"))
        failed = sidecar.get("/health/ready")
        write_progress(replay, ReplayProgress("done", 1, 1, 0, {}, None, None, None))

        assert sidecar.becomes_ready()
    assert (running["ready"], running["replay"], running["reasons"]) == (False, "running", ["the replay is running"])
    assert failed["reasons"] == ["the replay failed: the disk is on fire"]


def test_sidecar_without_kafka_starts_answers_quickly_and_connects_later(tmp_path: Path) -> None:
    port, controller = two_free_ports()
    environment = api_environment(tmp_path, f"127.0.0.1:{port}", REPORT_WAIT="1")
    tables_of(Settings.model_validate(environment)).write(POLLS, HOURS, ZONES)
    with running_sidecar(environment) as sidecar:
        started = time.monotonic()
        ready = sidecar.http.get("/health/ready")
        assert time.monotonic() - started < 2.5
        assert ready.status_code == 503
        assert f"Kafka at 127.0.0.1:{port}" in ready.json()["reasons"][0]
        assert sidecar.get("/health/live")["status"] == "ok"
        assert sidecar.http.get("/stores/a").json()["code"] == "kafka_unavailable"
        assert sidecar.finished(sidecar.trigger())["code"] == "kafka_unavailable"
        assert sidecar.finished(sidecar.trigger(allow_stale="true"))["code"] == "kafka_unavailable"

        with EmbeddedKafka(tmp_path / "broker", *java_and_jars(), choose_ports=lambda: (port, controller)) as broker:
            broker.start()
            assert sidecar.becomes_ready()
            assert sidecar.csv() == reference.report(POLLS, HOURS, ZONES)

        away = sidecar.http.get("/health/ready")
        assert (away.status_code, sidecar.get("/stores/a")["status"]) == (503, "up")
        assert sidecar.csv(allow_stale="true") == reference.report(POLLS, HOURS, ZONES)


@pytest.mark.parametrize("partitions", [2, 8])
def test_topics_made_anew_with_other_partitions_are_named_and_nothing_is_reported(
    place: Place, sidecar: Sidecar, partitions: int
) -> None:
    make_topics_anew(Settings.model_validate({**place.environment, "PARTITIONS": str(partitions)}))
    reason = f"the topics have {partitions} partitions now, but had 4 when the API started"

    assert comes_true(lambda: any(reason in said for said in sidecar.get("/health/ready")["reasons"]), within_s=20)

    assert sidecar.http.get("/health/ready").status_code == 503
    failed = sidecar.finished(sidecar.trigger())
    assert (failed["status"], failed["code"]) == ("Failed", "topics_unusable")
    assert reason in failed["reason"]


def test_report_that_up_waits_for_is_asked_for_again_where_the_api_is_killed(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    place.send("a", 1)  # nobody takes it in: the report stays running
    with running_sidecar(place.environment) as first:
        url = str(first.http.base_url)
        report = FirstReport(ApiClient(url), None, "store-polls")
        while_it_runs = report.content()
        first.process.kill()
        first.process.wait(10)
        while_away = report.content()
    place.tables.write(POLLS, HOURS, ZONES, positions=place.positions(1))

    contents: list[tuple[str, bytes] | None] = [while_it_runs, while_away]

    def is_there() -> bool:
        contents.append(report.content())
        return contents[-1] is not None

    with running_sidecar({**place.environment, "API_PORT": url.rpartition(":")[2]}):
        assert comes_true(is_there)

    assert contents[:2] == [None, None]
    assert contents[-1] is not None
    basis, report_csv = contents[-1]
    assert report_csv == reference.report(POLLS, HOURS, ZONES)
    assert basis == (
        "As of 2023-01-25T12:00:00.000000Z; polls from 2023-01-12T12:00:00.000000Z to 2023-01-25T12:00:30.250000Z."
    )


def test_taken_port_is_one_line_and_an_end_that_a_restart_may_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = api_environment(tmp_path, "127.0.0.1:1", API_PORT=str(port))

        ended = subprocess.run(
            [sys.executable, "-m", "api"], env=environment, check=False, capture_output=True, text=True, timeout=20
        )

    assert ended.returncode == EXIT_FAILED
    assert ended.stderr.count("\n") == 1
    assert f"port {port} on 127.0.0.1 is taken" in ended.stderr


def test_many_reports_at_once_are_all_the_same(fleet: Sidecar) -> None:
    report_ids = [fleet.trigger() for _ in range(20)]

    answers = [fleet.finished(report_id) for report_id in report_ids]

    assert len({fleet.http.get(answer["url"]).content for answer in answers}) == 1
    assert len(set(report_ids)) == 20


def test_killed_report_process_fails_its_report_and_the_next_is_made(place: Place, sidecar: Sidecar) -> None:
    sidecar.csv()  # it is warm then
    report_process = sidecar.report_process()
    os.kill(report_process, signal.SIGSTOP)
    report_id = sidecar.trigger()
    time.sleep(0.5)
    os.kill(report_process, signal.SIGKILL)

    assert sidecar.finished(report_id)["code"] == "report_process_died"
    assert sidecar.csv() == reference.report(POLLS, HOURS, ZONES)
    assert not list((place.folder / "reports").glob(".*"))


def test_csv_rows_are_ordered_by_the_bytes_of_the_ids(fleet: Sidecar) -> None:
    ids = [row["store_id"] for row in csv.DictReader(io.StringIO(fleet.csv().decode()))]

    assert ids == sorted(ids, key=str.encode)
    assert len(ids) == 6


def make_topics_anew(settings: Settings) -> None:
    """Delete every topic, and create them as these settings say once they are gone."""

    async def make() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
        await admin.start()
        try:
            names = list(configs_of(settings))
            await admin.delete_topics(names)
            while any(topic["error_code"] == 0 for topic in await admin.describe_topics(names)):
                await asyncio.sleep(0.05)
        finally:
            await admin.close()
        assert await ensure_topics(settings) == settings.partitions

    asyncio.run(asyncio.wait_for(make(), 30))

"""`store-monitor up` without --once: it answers until Ctrl-C, and then everything stops in order."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import Command, api_url, becomes, environment, processes_below, run, started

INPUTS = (
    (["store_status"], ["store_id", "status", "timestamp_utc"]),
    (["menu_hours"], ["store_id", "day", "start_time_local", "end_time_local"]),
    (["timezones"], ["store_id", "timezone_str"]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stays")
    write_sample(folder / "data", stores=30, days=8, end=END, seed=5)
    return folder


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Command]:
    with started(folder, "up", "--data", "data", "--api-port", "0") as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        yield command


@pytest.mark.usefixtures("service")
def test_report_command_writes_the_references_bytes(folder: Path) -> None:
    ended = run(folder, "report", "--out", "report.csv")

    assert ended.exit_code == 0, ended.output
    assert (folder / "report.csv").read_bytes() == reference.report_from_files(folder / "data")


def reported(folder: Path, *asked: str) -> bytes:
    """What the command `report` writes for other programs; for people it says beside it what the report stands on."""
    command = [sys.executable, "-m", "stream_app.cli", "report", *asked]
    ended = subprocess.run(command, cwd=folder, env=environment(None), capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.startswith(b"As of 20")
    return ended.stdout


@pytest.mark.usefixtures("service")
def test_report_command_takes_a_time(folder: Path) -> None:
    assert reported(folder, "--as-of", END.isoformat()) == reference.report_from_files(folder / "data", END)


@pytest.mark.usefixtures("service")
def test_report_command_takes_a_policy_and_the_extended_columns(folder: Path) -> None:
    report = reported(folder, "--policy", "max_gap:90", "--columns", "extended")

    policy = reference.Policy("exclude", "carry_forward", 90)
    expected = reference.report_from_files(folder / "data", None, policy, "extended", "max_gap:90")
    assert report == expected


@pytest.mark.usefixtures("service")
def test_report_command_writes_the_same_figures_as_json_lines(folder: Path) -> None:
    lines = reported(folder, "--format", "jsonl").splitlines()
    rows = csv.DictReader(io.StringIO(reference.report_from_files(folder / "data").decode()))

    assert [{name: str(cell) for name, cell in json.loads(line).items()} for line in lines] == list(rows)


@pytest.mark.usefixtures("service")
def test_report_command_takes_a_range_of_the_stores_own_dates(folder: Path) -> None:
    report = reported(folder, "--from", "2024-03-09", "--to", "2024-03-12")

    rows = [reference.read_rows(folder / "data", names, columns) for names, columns in INPUTS]
    calendars = reference.calendars_from_rows(rows[1], rows[2])
    assert report == reference.range_report(rows[0], calendars, date(2024, 3, 9), date(2024, 3, 12))


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    "asked",
    [("--policy", "guess"), ("--policy", "max_gap:0"), ("--from", "2024-03-09"), ("--from", "2024-03-09", "--to", "x")],
    ids=" ".join,
)
def test_report_that_cannot_be_is_refused_with_the_reason(folder: Path, asked: tuple[str, ...]) -> None:
    ended = run(folder, "report", *asked)

    assert ended.exit_code == 1
    assert "HTTP 422" in ended.output


@pytest.mark.usefixtures("service")
def test_report_by_the_wall_clock_has_nothing_of_old_polls_but_their_last_status(folder: Path) -> None:
    lines = reported(folder, "--as-of", "wall", "--columns", "extended", "--format", "jsonl").splitlines()

    stores = [json.loads(line) for line in lines]
    assert {store["polls_last_week"] for store in stores} == {0}
    assert {store["last_status"] for store in stores} <= {"active", "inactive", None}


@pytest.mark.usefixtures("service")
def test_status_command_shows_a_store_and_names_an_unknown_one(folder: Path) -> None:
    with (folder / "data" / "store_status.csv").open(newline="") as file:
        store_id = next(csv.DictReader(file))["store_id"]

    known, unknown = run(folder, "status", store_id), run(folder, "status", "nobody")

    assert known.exit_code == 0, known.output
    assert store_id in known.output
    assert unknown.exit_code == 1
    assert "nobody" in unknown.output


@pytest.mark.usefixtures("service")
def test_dead_letters_command_asks_the_kafka_of_the_running_up(folder: Path) -> None:
    ended = run(folder, "dead-letters")

    assert ended.exit_code == 0, ended.output
    assert "No dead letters." in ended.output


def test_readiness_names_every_partition_and_the_addresses_are_printed(folder: Path, service: Command) -> None:
    url = api_url(folder / ".store-monitor" / "data")
    assert url is not None

    ready = httpx.get(f"{url}/health/ready")

    assert ready.status_code == 200
    assert {entry["partition"] for entry in ready.json()["partitions"]} == {0, 1, 2, 3}
    assert url in service.output
    assert f"{url}/docs" in service.output


def test_a_second_up_on_the_same_state_directory_is_refused(folder: Path, service: Command) -> None:
    second = run(folder, "up", "--data", "data", "--api-port", "0", "--once")

    assert second.exit_code == 1
    assert "another store-monitor" in second.output
    assert service.process.poll() is None


def test_control_c_stops_api_worker_and_broker_and_leaves_no_process(tmp_path: Path, folder: Path) -> None:
    with started(tmp_path, "up", "--data", folder / "data", "--api-port", "0") as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output

        command.interrupt()
        ended = command.wait(30)

    assert ended.exit_code == 0, ended.output
    assert processes_below(tmp_path) == {}
    assert not (tmp_path / ".store-monitor" / "data" / "api.json").exists()
    assert not (tmp_path / ".store-monitor" / "data" / "kafka.json").exists()

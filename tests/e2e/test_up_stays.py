"""`store-monitor up` without --once: it answers until Ctrl-C, and then everything stops in order."""

import csv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import Command, api_url, becomes, processes_below, run, started


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


@pytest.mark.usefixtures("service")
def test_report_command_takes_a_time(folder: Path) -> None:
    ended = run(folder, "report", "--as-of", END.isoformat())

    assert ended.output.encode() == reference.report_from_files(folder / "data", END)


@pytest.mark.usefixtures("service")
def test_status_command_shows_a_store_and_names_an_unknown_one(folder: Path) -> None:
    with (folder / "data" / "store_status.csv").open(newline="") as file:
        store_id = next(csv.DictReader(file))["store_id"]

    known, unknown = run(folder, "status", store_id), run(folder, "status", "nobody")

    assert known.exit_code == 0, known.output
    assert store_id in known.output
    assert unknown.exit_code == 1
    assert "nobody" in unknown.output


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

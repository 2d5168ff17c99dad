"""Inputs that lack something or break rules: a report or a named failure, never a hang and nothing lost."""

import gzip
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import run
from tests.support.kafka import RunningKafka
from tests.support.workbook import workbook

AS_OF = datetime(2024, 3, 14, 12, tzinfo=UTC)
Up = tuple[str | Path, ...]


@pytest.fixture
def up(kafka: RunningKafka) -> Up:
    """`up --once` on the shared broker."""
    return "up", "--once", "--api-port", "0", "--report", "report.csv", "--kafka", kafka.address.bootstrap


@pytest.fixture
def env() -> Mapping[str, str]:
    """Topics and a consumer group that no other test has."""
    name = uuid4().hex[:8]
    return {"APP_ID": f"test-{name}", "TOPIC_PREFIX": f"{name}-"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write_sample(folder, stores=20, days=8, end=END, seed=3)
    return folder


def test_only_polls_make_every_store_open_around_the_clock(
    tmp_path: Path, data: Path, up: Up, env: Mapping[str, str]
) -> None:
    (data / "menu_hours.csv").unlink()
    (data / "timezones.csv").unlink()

    ended = run(tmp_path, *up, "--data", data, env=env)

    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "report.csv").read_bytes() == reference.report_from_files(data)


def test_without_polls_the_report_fails_by_name_unless_a_time_is_given(
    tmp_path: Path, data: Path, up: Up, env: Mapping[str, str]
) -> None:
    (data / "store_status.csv").unlink()

    without_time = run(tmp_path, *up, "--data", data, env=env)
    with_time = run(tmp_path, *up, "--data", data, "--as-of", AS_OF.isoformat(), env=env)

    assert without_time.exit_code == 1
    assert "no_polls" in without_time.output
    assert with_time.exit_code == 0, with_time.output
    assert (tmp_path / "report.csv").read_bytes() == reference.report_from_files(data, AS_OF)


def test_bad_rows_are_counted_by_reason_and_the_good_ones_reported(
    tmp_path: Path, up: Up, env: Mapping[str, str]
) -> None:
    data = tmp_path / "data"
    write_sample(data, stores=20, days=8, end=END, seed=3, bad_rows=60)

    ended = run(tmp_path, *up, "--data", data, env=env)

    assert ended.exit_code == 0, ended.output
    assert "Refused rows" in ended.output
    for reason in ("unknown_status", "unreadable_time", "bad_day", "bad_hours", "unknown_zone", "empty_store_id"):
        assert reason in ended.output
    assert (tmp_path / "report.csv").read_bytes() == reference.report_from_files(data)


def test_compressed_input_gives_the_same_report(tmp_path: Path, data: Path, up: Up, env: Mapping[str, str]) -> None:
    expected = reference.report_from_files(data)
    for path in list(data.glob("*.csv")):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    ended = run(tmp_path, *up, "--data", data, env=env)

    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "report.csv").read_bytes() == expected


def test_files_of_any_name_separator_and_encoding_give_the_same_report(
    tmp_path: Path, data: Path, up: Up, env: Mapping[str, str]
) -> None:
    expected = reference.report_from_files(data)
    polls, hours, zones = (data / name for name in ("store_status.csv", "menu_hours.csv", "timezones.csv"))
    (data / "bq-results-20230125-202210-1674678181880.csv").write_bytes(polls.read_bytes().replace(b",", b";"))
    (data / "Menu hours (1).CSV.txt").write_text(hours.read_text().replace(",", "\t"), encoding="utf-16")
    header, *rows = ([*line.split(",")] for line in zones.read_text().splitlines())
    (data / "store timezone").write_bytes(workbook([header, *rows]))
    for path in (polls, hours, zones):
        path.unlink()

    ended = run(tmp_path, *up, "--data", data, env=env)

    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "report.csv").read_bytes() == expected


def test_the_summary_names_each_file_the_ids_of_one_alone_and_what_is_not_used(
    tmp_path: Path, up: Up, env: Mapping[str, str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "polls.csv").write_text("store_id,status,timestamp_utc\nshop,active,2023-01-25 11:20:00 UTC\n")
    (data / "Menu hours.csv").write_text("store_id,day,start_time_local,end_time_local\nShop,2,11:00:00,12:00:00\n")
    (data / "owners.csv").write_text("store_id,owner\nshop,Ann\n")
    (data / "zones.csv").write_text("store_id,timezone_str\n")

    ended = run(tmp_path, *up, "--data", data, env=env)

    assert ended.exit_code == 0, ended.output
    words = " ".join(ended.output.split())
    assert "polls.csv: 1 poll of 1 store 1 store is in no other file: 'shop'" in words
    assert "Menu hours.csv: 1 row of hours of 1 store 1 store is in no other file: 'Shop'" in words
    assert "owners.csv is not used: its columns (store_id, owner) are those of no kind" in words
    assert "zones.csv has a header and no rows" in words


def test_time_before_the_retained_range_is_refused_with_the_range(
    tmp_path: Path, data: Path, up: Up, env: Mapping[str, str]
) -> None:
    ended = run(tmp_path, *up, "--data", data, "--as-of", "2023-01-01", env=env)

    assert ended.exit_code == 1
    assert "2024-03" in ended.output


def test_a_missing_column_stops_everything_and_names_what_was_found_and_wanted(
    tmp_path: Path, data: Path, up: Up, env: Mapping[str, str]
) -> None:
    (data / "timezones.csv").write_text("store_id,zone_name\n1,UTC\n")

    ended = run(tmp_path, *up, "--data", data, env=env)

    assert ended.exit_code == 1
    assert "zone_name" in ended.output
    assert "timezone_str" in ended.output


def test_two_files_of_hours_are_bad_usage(tmp_path: Path, data: Path, up: Up) -> None:
    (data / "Öffnungszeiten.csv").write_bytes((data / "menu_hours.csv").read_bytes())

    ended = run(tmp_path, *up, "--data", data)

    assert ended.exit_code == 2
    assert "menu_hours.csv" in ended.output
    assert "Öffnungszeiten.csv" in ended.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data", "nowhere"),
        ("--data", "."),
        ("--fresh",),
        ("--as-of", "yesterday"),
        ("--report", "no/such/folder.csv"),
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2_before_anything_is_started(tmp_path: Path, up: Up, arguments: tuple[str, ...]) -> None:
    ended = run(tmp_path, *up, *arguments)

    assert ended.exit_code == 2
    assert not (tmp_path / ".store-monitor").exists()


def test_a_taken_port_is_named(tmp_path: Path, data: Path, kafka: RunningKafka) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        ended = run(tmp_path, "up", "--data", data, "--api-port", port, "--kafka", kafka.address.bootstrap)

    assert ended.exit_code == 1
    assert port in ended.output
    assert "Traceback" not in ended.output


def test_no_kafka_at_the_address_is_said_at_once(tmp_path: Path) -> None:
    ended = run(tmp_path, "up", "--once", "--api-port", "0", "--kafka", "127.0.0.1:1")

    assert ended.exit_code == 1
    assert "127.0.0.1:1" in ended.output
    assert "Traceback" not in ended.output

"""`store-monitor up --once`: from files to the report's bytes, through Kafka, the worker, RocksDB and the API."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import processes_below, run

HEADER = "store_id,status,timestamp_utc\n"
POSIX = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
REAL_DATA = Path(os.environ.get("STORE_MONITOR_REAL_DATA", Path(__file__).parents[3] / "shared/data/restaurants-2023"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 stores over a change of the clocks, with nights and zones of half hours."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, stores=300, days=8, end=END, seed=7)
    return folder


def test_report_of_a_sample_is_the_references_and_a_second_run_yields_the_same_bytes(
    tmp_path: Path, sample: Path
) -> None:
    hours, zones = (sample / "menu_hours.csv").read_text(), (sample / "timezones.csv").read_text()
    assert "Asia/Kolkata" in zones
    assert any(row.split(",")[2] > row.split(",")[3] for row in hours.splitlines()[1:]), "no night that runs over"

    first = run(tmp_path, "up", "--data", sample, "--once", "--report", "first.csv", "--api-port", "0")
    again = run(tmp_path, "up", "--data", sample, "--once", "--report", "again.csv", "--api-port", "0")

    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    expected = reference.report_from_files(sample)
    assert (tmp_path / "first.csv").read_bytes() == expected
    assert (tmp_path / "again.csv").read_bytes() == expected
    assert "The first 10 of 300 stores" in first.output
    assert processes_below(tmp_path) == {}


def test_two_workers_and_then_one_on_the_same_state_report_the_same_bytes(tmp_path: Path, sample: Path) -> None:
    up = ("up", "--data", sample, "--once", "--api-port", "0")

    both = run(tmp_path, *up, "--workers", "2", "--report", "both.csv")
    one = run(tmp_path, *up, "--report", "one.csv")
    again = run(tmp_path, *up, "--workers", "2", "--report", "again.csv")

    assert (both.exit_code, one.exit_code, again.exit_code) == (0, 0, 0), both.output + one.output + again.output
    expected = reference.report_from_files(sample)
    for name in ("both", "one", "again"):
        assert (tmp_path / f"{name}.csv").read_bytes() == expected
    assert processes_below(tmp_path) == {}


def test_report_of_the_real_files_is_the_references(tmp_path: Path) -> None:
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real files are not at {REAL_DATA}; STORE_MONITOR_REAL_DATA names another place")
    data = tmp_path / "data"
    data.mkdir()
    for name in ("store_status.csv", "menu_hours.csv", "timezones.csv"):
        (data / name).symlink_to(REAL_DATA / name)

    ended = run(tmp_path, "up", "--data", data, "--once", "--report", "report.csv", "--api-port", "0")

    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "report.csv").read_bytes() == reference.report_from_files(REAL_DATA)


def test_other_input_in_the_same_state_directory_is_refused_or_counts_too_or_replaces_it(tmp_path: Path) -> None:
    one, other = tmp_path / "one" / "data", tmp_path / "other" / "data"
    for folder, store in ((one, "a"), (other, "b")):
        folder.mkdir(parents=True)
        (folder / "store_status.csv").write_text(f"{HEADER}{store},active,2024-03-08 12:00:00 UTC\n")
    state = tmp_path / ".store-monitor" / "data"
    state.mkdir(parents=True)
    (state / "mine.txt").write_text("not the service's")
    up = ("up", "--once", "--api-port", "0", "--report", "report.csv")

    run(tmp_path, *up, "--data", one)
    refused = run(tmp_path, *up, "--data", other)
    both = run(tmp_path, *up, "--data", other, "--add")
    stores_of_both = stores_in(tmp_path / "report.csv")
    fresh = run(tmp_path, *up, "--data", other, "--fresh")

    assert refused.exit_code == 2
    assert f"{state} holds the state of {one}, and {other} is another input" in refused.output
    assert "already holds polls from 2024-03-08" in both.output
    assert stores_of_both == ["a", "b"]
    assert fresh.exit_code == 0
    assert stores_in(tmp_path / "report.csv") == ["b"]
    assert (state / "mine.txt").read_text() == "not the service's"


def test_hours_that_a_corrected_file_no_longer_has_are_said_to_stay(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "store_status.csv").write_text(f"{HEADER}x,active,2024-03-08 12:00:00 UTC\n")
    hours = "store_id,day,start_time_local,end_time_local\n"
    up = ("up", "--data", "data", "--once", "--api-port", "0")

    (data / "menu_hours.csv").write_text(f"{hours}x,4,09:00,09:30\ny,4,09:00,10:00\n")
    first = run(tmp_path, *up)
    (data / "menu_hours.csv").write_text(f"{hours}y,4,09:00,11:00\n")
    corrected = run(tmp_path, *up)

    assert (first.exit_code, corrected.exit_code) == (0, 0), first.output + corrected.output
    assert "keeps the hours and zones" not in first.output
    told = " ".join(corrected.output.split())
    assert "keeps the hours and zones from before for 1 store of which this input has neither: x." in told


def stores_in(report: Path) -> list[str]:
    return [row.split(",")[0] for row in report.read_text().splitlines()[1:]]


@pytest.mark.parametrize("encoding", [{"PYTHONIOENCODING": "ascii"}, POSIX], ids=["ascii", "POSIX"])
def test_terminal_of_few_characters_shows_what_it_can(tmp_path: Path, encoding: Mapping[str, str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "store_status.csv").write_text(f"{HEADER}caf\u00e9,active,2024-03-08 12:00:00 UTC\n", encoding="utf-8")

    ended = run(tmp_path, "up", "--data", "data", "--once", "--api-port", "0", "--report", "report.csv", env=encoding)

    assert ended.exit_code == 0, ended.output
    assert "Starting Apache Kafka ..." in ended.output
    assert "caf\\xe9" in ended.output
    assert "caf\u00e9,0," in (tmp_path / "report.csv").read_text(encoding="utf-8")

"""The commands `replay` and `sample`, as far as they get without Kafka."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from producers.replay_command import replay_command
from producers.sample_command import sample_command
from stream_app.local.kafka import two_free_ports
from stream_app.replay_progress import read_progress

HEADER = "store_id,status,timestamp_utc\n"


def replayed(*arguments: str | Path) -> Result:
    return CliRunner().invoke(replay_command, [str(argument) for argument in arguments])


def sampled(*arguments: str | Path) -> Result:
    return CliRunner().invoke(sample_command, [str(argument) for argument in arguments])


def test_two_hours_files_exit_with_2(tmp_path: Path) -> None:
    (tmp_path / "menu_hours.csv").touch()
    (tmp_path / "business_hours.csv.gz").touch()
    result = replayed(tmp_path)
    assert result.exit_code == 2
    assert "business_hours.csv.gz and menu_hours.csv" in result.output


@pytest.mark.parametrize("arguments", [[], ["--speed", "fast"], ["--polls", "none.csv"], ["nowhere"]])
def test_bad_usage_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "timezones.csv").write_text("store_id,timezone\n")
    directory = [tmp_path] if "--speed" in arguments else []
    assert replayed(*directory, *arguments).exit_code == 2


def test_a_missing_column_exits_with_1_before_any_kafka_is_asked(tmp_path: Path) -> None:
    (tmp_path / "store_status.csv").write_text(HEADER)
    (tmp_path / "timezones.csv").write_text("store,timezone_str\n")
    progress_file = tmp_path / "progress.json"
    result = replayed(tmp_path, "--kafka", "127.0.0.1:1", "--progress-file", progress_file)
    assert result.exit_code == 1
    assert "Columns found: store, timezone_str. Columns wanted: store_id, timezone_str or timezone" in result.output
    progress = read_progress(progress_file)
    assert progress is not None
    assert progress.state == "failed"
    assert progress.error is not None
    assert "timezones.csv lacks a column" in progress.error


def test_several_files_for_one_kind_exit_with_2_and_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEADER)
    for other in (path, tmp_path / "b.csv"):
        other.write_text(HEADER)
        result = replayed("--polls", path, "--polls", other)
        assert result.exit_code == 2
        assert f"{path} and {other}" in " ".join(result.output.split())


def test_a_file_given_as_of_another_kind_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text("store_id,day,start_time_local,end_time_local\n")
    result = replayed("--polls", path)
    assert result.exit_code == 2
    assert "its header is that of hours" in result.output


def test_a_file_that_is_not_used_is_named_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "store_status.csv").write_text(HEADER)
    (tmp_path / "stores.csv").write_text("store_id,owner\n1,Ann\n")
    result = replayed(tmp_path, "--kafka", f"127.0.0.1:{two_free_ports()[0]}")
    assert "stores.csv is not used: its columns (store_id, owner)" in result.stderr
    assert "store_status.csv has a header and no rows" in result.stderr


def test_no_kafka_exits_with_1_and_names_the_address(tmp_path: Path) -> None:
    (tmp_path / "store_status.csv").write_text(HEADER)
    address = f"127.0.0.1:{two_free_ports()[0]}"
    result = replayed(tmp_path, "--kafka", address)
    assert result.exit_code == 1
    assert f"no Kafka answers at {address}" in result.output


def test_a_sample_says_what_it_wrote(tmp_path: Path) -> None:
    result = sampled(tmp_path / "new" / "sample", "--stores", "20", "--days", "1", "--end", "2024-03-14")
    assert result.exit_code == 0
    assert "rows of hours" in result.output


@pytest.mark.parametrize("arguments", [["--stores", "0"], ["--days", "367"], ["--end", "soon"], ["--seed", "-1"]])
def test_bad_usage_of_sample_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    assert sampled(tmp_path, *arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [replay_command, sample_command])
def test_help_has_examples(command: object) -> None:
    assert "Examples:" in CliRunner().invoke(command, ["--help"]).output  # type: ignore[arg-type]

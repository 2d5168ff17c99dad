"""Files whose times and hours are spelled oddly, or lie out of time: the right figures, and every refusal by name."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.command import environment, run
from tests.support.kafka import RunningKafka

HEADER = "store_id,status,timestamp_utc\n"
HOURLY = [f"s{store},active,2023-01-25 {hour:02}:00:00 UTC" for store in range(3) for hour in range(12)]


@pytest.fixture
def env(kafka: RunningKafka) -> Mapping[str, str]:
    """The shared broker, with topics and a consumer group that no other test has."""
    name = uuid4().hex[:8]
    return {"APP_ID": f"test-{name}", "TOPIC_PREFIX": f"{name}-", "KAFKA_BROKERS": kafka.address.bootstrap}


def write_polls(folder: Path, *rows: str) -> Path:
    data = folder / "data"
    data.mkdir()
    (data / "store_status.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return data


def test_hours_and_times_of_other_programs_are_read(tmp_path: Path, env: Mapping[str, str]) -> None:
    data = write_polls(
        tmp_path,
        "early,active,2023-01-18 00:00:00.000000+00",
        "late,active,20230118T000000Z",
        "offset,active,2023-01-25 16:50:00 +0530",
        "last,active,2023-01-25t12:00z",
    )
    rows = [f"early,{day},7:30:00,9:00 PM\nlate,{day},0.00.00,12 p.m." for day in range(7)]
    hours = "store_id,day,start_time_local,end_time_local\n" + "\n".join(rows) + "\n"
    (data / "menu_hours.csv").write_text(hours)
    (data / "timezones.csv").write_text("store_id,timezone_str\nearly,UTC\nlate,UTC\n")

    ended = run(tmp_path, "up", "--once", "--api-port", "0", "--report", "report.csv", "--data", data, env=env)

    assert ended.exit_code == 0, ended.output
    assert "Refused" not in ended.output
    assert "As of 2023-01-25T12:00:00" in ended.output
    assert "polls from 2023-01-18T00:00:00.000000Z to 2023-01-25T12:00:00.000000Z" in ended.output
    _, early, last, late, offset = (tmp_path / "report.csv").read_text().splitlines()
    assert early == "early,60,13.5,94.5,0,0.0,0.0"
    assert late == "late,60,12.0,84.0,0,0.0,0.0"
    assert offset == "offset,40,0.67,0.67,20,23.33,167.33"
    assert last.startswith("last,0,")


def test_polls_out_of_time_are_refused_with_file_and_row_and_move_no_report(
    tmp_path: Path, env: Mapping[str, str]
) -> None:
    data = write_polls(tmp_path, "s0,inactive,2099-01-25 11:30:00 UTC", *HOURLY, "s0,inactive,2022-01-25 11:30:00 UTC")
    jumping = "s0,inactive,2024-01-25 11:30:00 UTC"
    with (data / "store_status.csv").open("a") as file:
        file.write(f"{jumping}\n")

    ended = run(tmp_path, "up", "--once", "--api-port", "0", "--report", "report.csv", "--data", data, env=env)
    letters = run(tmp_path, "dead-letters", "--json", env=env)
    kept = run(tmp_path, "dead-letters", "--retry", env=env)
    sent = run(tmp_path, "dead-letters", "--retry", "--allow-jump", env=env)

    assert ended.exit_code == 0, ended.output
    assert "As of 2023-01-25T11:00:00" in ended.output
    assert (tmp_path / "report.csv").read_text().splitlines()[1] == "s0,60,11.0,11.0,0,13.0,157.0"
    for reason, row in (("future_poll", 2), ("far_ahead_of_the_rest", 40)):
        assert reason in ended.output
        source = f'"source":{{"kind":"file","file":"store_status.csv","row":{row}}}'
        assert any(reason in line and source in line for line in letters.output.splitlines()), letters.output
    assert "0 sent again" in kept.output
    assert "--allow-jump" in kept.output
    assert "1 sent again" in sent.output


def test_a_replay_whose_every_row_is_refused_fails_by_name(tmp_path: Path, env: Mapping[str, str]) -> None:
    data = write_polls(tmp_path, "a,active,1674645600", "b,active,01/02/2023 11:00")

    ended = run(tmp_path, "replay", data, env=env)

    assert ended.exit_code == 1
    assert "every row was refused (2 unreadable_time)" in ended.output
    assert "Rejected rows" in ended.output


def test_polls_out_of_a_pipe_are_held_back_too_where_they_are_far_ahead(tmp_path: Path, env: Mapping[str, str]) -> None:
    rows = "\n".join([HEADER.strip(), *HOURLY, "s0,inactive,2024-01-25 11:30:00 UTC"])

    ended = subprocess.run(
        [sys.executable, "-m", "stream_app.cli", "replay", "--polls", "/dev/stdin"],
        cwd=tmp_path,
        env=environment(env),
        input=rows.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert b"stdin: 36 polls of 3 stores" in ended.stdout
    assert b"far_ahead_of_the_rest" in ended.stdout

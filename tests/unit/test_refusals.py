"""What the system or the terminal refuses a command ends it with one line, or not at all; never with a traceback."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

POSIX = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
ASCII = {"PYTHONIOENCODING": "ascii"}


def command(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, output: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """`store-monitor` in a folder, without the encoding that pytest has."""
    own = {name: value for name, value in os.environ.items() if name != "KAFKA_BROKERS"}
    return subprocess.run(
        [sys.executable, "-m", "stream_app.cli", *arguments],
        cwd=folder,
        env={**own, **(env or {})},
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "exit_code", "told"),
    [
        (("sample", "/proc/sample"), 1, "/proc/sample: No such file or directory"),
        (("sample", "s" * 256), 1, "File name too long: choose a shorter name"),
        (("up", "--state-dir", "/proc/x", "--api-port", "0"), 1, "the state directory /proc/x can't be used"),
        (("up", "--report", "/proc/r.csv", "--api-port", "0"), 2, "--report /proc/r.csv: it can't be written"),
        (("report", "--out", "/proc/r.csv"), 2, "--out /proc/r.csv: it can't be written"),
        (("report", "--state-dir", "idle"), 1, "no `store-monitor up` runs on idle"),
        (("dead-letters", "--state-dir", "idle"), 1, "no `store-monitor up` runs on idle"),
        (("report",), 1, "no `store-monitor up` runs on .store-monitor"),
        (("replay", ".", "--polls", "taken", "--progress-file", "/proc/p.json"), 1, "/proc/.p.json.part"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_refusal_is_one_line_that_names_it(
    tmp_path: Path, arguments: tuple[str, ...], exit_code: int, told: str
) -> None:
    (tmp_path / "taken").touch()

    ended = command(tmp_path, *arguments)

    assert ended.returncode == exit_code, ended.stderr
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_default_state_directory_where_nothing_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / ".store-monitor").touch()

    ended = command(tmp_path, "up", "--api-port", "0")

    assert ended.returncode == 1
    assert f"the state directory {tmp_path}/.store-monitor/default can't be used" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_output_that_nobody_reads_any_more_ends_the_command_quietly(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ended = command(tmp_path, "sample", "data", "--stores", "1", "--days", "1", output=writing)
    os.close(writing)

    assert ended.returncode in {1, 141}  # click's own ending, or ours
    assert ended.stderr == ""


def test_output_to_a_full_disk_is_named(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = command(tmp_path, "sample", "data", "--stores", "1", "--days", "1", output=full.fileno())

    assert ended.returncode == 1
    assert "the output: No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("env", [ASCII, POSIX], ids=["PYTHONIOENCODING=ascii", "LC_ALL=POSIX"])
def test_characters_that_the_terminal_lacks_are_spelled_out(tmp_path: Path, env: Mapping[str, str]) -> None:
    script = (
        "from rich.console import Console; from stream_app.terminal import spell_out_what_cannot_be_shown as spell; "
        "from stream_app.local.report_view import show_report; spell(); print('Starting …', 'ü', '\\udcff'); "
        "show_report('store_id,uptime_last_hour\\nü…,60\\n'.encode(), Console())"
    )
    (tmp_path / "script.py").write_text(script, encoding="utf-8")

    ended = subprocess.run(
        [sys.executable, "script.py"], env={**os.environ, **env}, cwd=tmp_path, capture_output=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(b"Starting ... \\xfc \\udcff\n")
    assert b"\\xfc..." in ended.stdout
    assert ended.stdout.isascii()

"""A machine that gives `up` too little: one sentence says of what, and nothing is half started."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from producers.sample import END, write_sample
from tests.support.command import Ended, api_url, becomes, environment, processes_below, run, started
from tests.support.power_disk import power_disk

POLL = {"store_id": "a", "status": "active", "timestamp_utc": "2024-03-14 11:00:00 UTC"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("machine-sample")
    write_sample(folder, stores=10, days=8, end=END, seed=2)
    return folder


def run_within(limit: str, folder: Path, *arguments: str) -> Ended:
    """Run a Python in a shell with a `ulimit`."""
    command = ["sh", "-c", f'ulimit {limit} && exec "$@"', "sh", sys.executable, *arguments]
    ended = subprocess.run(command, cwd=folder, env=environment(None), check=False, capture_output=True, text=True)
    return Ended(ended.returncode, ended.stdout + ended.stderr)


def fill(folder: Path, leave_bytes: int) -> None:
    """Leave so much of a disk free at most, to the last block where it is 0."""
    with (folder / "fill").open("wb", buffering=0) as file, suppress(OSError):
        while os.statvfs(folder).f_bfree * os.statvfs(folder).f_frsize > leave_bytes or not leave_bytes:
            file.write(bytes(4096 if not leave_bytes else 1 << 20))


@pytest.mark.parametrize("limit", [64, 128])
def test_up_within_too_few_open_files_names_the_limit_and_starts_nothing(
    tmp_path: Path, data: Path, limit: int
) -> None:
    ended = run_within(f"-n {limit}", tmp_path, "-m", "stream_app.cli", "up", "--data", str(data), "--once")

    assert ended.exit_code == 1
    assert f"allows a process {limit} open files, the service needs 256" in ended.output
    assert len(ended.output.splitlines()) == 1
    assert not (tmp_path / ".store-monitor").exists()


def test_soft_limit_of_open_files_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    code = "import resource; from stream_app.local import machine as m; m.raise_limits(); print(resource.getrlimit(7))"

    ended = run_within("-Sn 64 && ulimit -Hn 300", tmp_path, "-c", code)

    assert ended.output == "(300, 300)\n"


def test_too_little_memory_for_java_is_named_without_a_page_of_java(tmp_path: Path, data: Path) -> None:
    command = ("-m", "stream_app.cli", "up", "--data", str(data), "--once", "--api-port", "0", "--state-dir", "state")

    ended = run_within("-v 1000000", tmp_path, *command)

    assert ended.exit_code == 1
    assert "not enough memory for Java" in ended.output
    assert "\tat " not in ended.output


def test_full_disk_is_named_before_anything_is_started(tmp_path: Path, data: Path) -> None:
    with power_disk(tmp_path, 64) as disk:
        fill(disk.path, 4 << 20)
        state = disk.path / "state"

        ended = run(tmp_path, "up", "--data", data, "--once", "--api-port", "0", "--state-dir", state)

    assert ended.exit_code == 1
    assert f"no space left on device: {state} has" in ended.output
    assert len(ended.output.splitlines()) == 1


def test_disk_that_fills_up_ends_up_with_its_name_and_no_page_of_java(tmp_path: Path, data: Path) -> None:
    with power_disk(tmp_path, 100) as disk:
        state = disk.path / "state"
        with started(tmp_path, "up", "--data", data, "--api-port", "0", "--state-dir", state) as command:
            assert becomes(command, "Ctrl-C stops everything"), command.output
            url = api_url(state)
            fill(disk.path, 0)
            while command.process.poll() is None:
                send(f"{url}/polls")
            ended = command.wait()

        assert ended.exit_code == 1
        assert f"no space left on device: {state}" in ended.output
        assert "\tat " not in ended.output
        assert processes_below(disk.path) == {}


def send(url: str) -> None:
    """Send enough polls for the broker's file to grow; where nobody answers any more that is fine."""
    try:
        httpx.post(url, json=[POLL] * 1000, timeout=20)
    except httpx.TransportError:
        return

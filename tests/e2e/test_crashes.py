"""kill -9 in the middle of a replay: `up` brings back what it can, says so, and makes the same report."""

import json
import os
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import Command, becomes, processes_below, run, started, worker_pid
from tests.support.waiting import comes_true

STORES = 1500
OFTEN = {"CHECKPOINT_INTERVAL": "0.1"}  # so that a kill falls between two checkpoints, rather than before the first


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crash-sample")
    write_sample(folder, stores=STORES, days=8, end=END, seed=11)
    return folder


@pytest.fixture(scope="module")
def expected(data: Path) -> bytes:
    return reference.report_from_files(data)


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_of_a_worker_in_mid_replay_is_said_and_survived(
    tmp_path: Path, data: Path, expected: bytes, workers: int
) -> None:
    arguments = ("up", "--data", data, "--once", "--api-port", "0", "--report", "report.csv", "--state-dir", "state")

    with started(tmp_path, *arguments, "--workers", str(workers), env=OFTEN) as command:
        name = worker_at_work(tmp_path / "state", command)
        os.kill(worker_pid(tmp_path, name), signal.SIGKILL)
        ended = command.wait()

    assert ended.exit_code == 0, ended.output
    assert f"{name} was killed by signal 9; it is started again in 0.5 s." in ended.output
    assert (tmp_path / "report.csv").read_bytes() == expected
    assert processes_below(tmp_path) == {}


@pytest.mark.parametrize("worker_data", ["kept", "deleted"])
def test_kill_of_up_in_mid_replay_leaves_no_process_and_the_next_up_reports_as_the_reference(
    tmp_path: Path, data: Path, expected: bytes, worker_data: str
) -> None:
    state = tmp_path / "state"
    arguments = ("up", "--data", data, "--once", "--api-port", "0", "--state-dir", state, "--report", "report.csv")

    with started(tmp_path, *arguments, env=OFTEN) as command:
        worker_at_work(state, command)
        command.process.kill()
        command.wait()
    assert comes_true(lambda: processes_below(tmp_path) == {})

    if worker_data == "deleted":
        shutil.rmtree(state / "worker-1")
    ended = run(tmp_path, *arguments)

    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "report.csv").read_bytes() == expected


def test_worker_that_fails_over_and_over_ends_up_with_the_end_of_its_log(tmp_path: Path, data: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "worker-1").write_text("a file where the worker needs a folder")

    ended = run(tmp_path, "up", "--data", data, "--once", "--api-port", "0", "--state-dir", "state")

    assert ended.exit_code == 1
    assert ended.output.count("it is started again in") == 5
    assert (
        "worker-1 is stopped and not started again: it ended with exit code 1 again, after 5 restarts" in ended.output
    )
    assert "The end of its log:" in ended.output
    assert "FileExistsError" in ended.output or "NotADirectoryError" in ended.output
    assert processes_below(tmp_path) == {}


def test_killed_api_is_back_at_its_address(tmp_path: Path, data: Path) -> None:
    with started(tmp_path, "up", "--data", data, "--api-port", "0", "--state-dir", "state") as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        before = json.loads((tmp_path / "state" / "api.json").read_bytes())

        os.kill(before["pid"], signal.SIGKILL)

        assert becomes(command, "api was killed by signal 9"), command.output
        assert comes_true(lambda: is_ready(before["url"]), within_s=30), command.output
        assert json.loads((tmp_path / "state" / "api.json").read_bytes())["pid"] != before["pid"]


def test_kill_of_the_broker_ends_up_with_its_name(tmp_path: Path, data: Path) -> None:
    with started(tmp_path, "up", "--data", data, "--api-port", "0") as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        broker = next(pid for pid, argv in processes_below(tmp_path).items() if "kafka.Kafka" in argv)
        os.kill(broker, signal.SIGKILL)
        ended = command.wait()

    assert ended.exit_code == 1
    assert "broker was killed by signal 9" in ended.output
    assert processes_below(tmp_path) == {}


def worker_at_work(state: Path, command: Command) -> str:
    """The name of a worker that has made some checkpoints with polls, while the replay still runs."""

    def busy() -> list[str]:
        assert command.process.poll() is None, command.output
        return [log.stem for log in (state / "logs").glob("worker-*.log") if checkpoints(log) >= 4]

    assert comes_true(lambda: bool(busy()), within_s=60), command.output
    return busy()[0]


def checkpoints(log: Path) -> int:
    return sum("checkpoint.flushed" in line and "polls=0 " not in line for line in log.read_text().splitlines())


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False

"""kill -9 in the middle of a replay: `up` says so and ends, and the next one makes the same report."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from producers.sample import END, write_sample
from tests import reference
from tests.support.command import Command, becomes, pid_of, processes_below, run, started
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


@pytest.mark.parametrize("worker_data", ["kept", "deleted"])
def test_kill_of_the_worker_in_mid_replay_ends_up_and_the_next_up_reports_as_the_reference(
    tmp_path: Path, data: Path, expected: bytes, worker_data: str
) -> None:
    state = tmp_path / "state"
    arguments = ("up", "--data", data, "--once", "--api-port", "0", "--state-dir", state, "--report", "report.csv")

    with started(tmp_path, *arguments, env=OFTEN) as command:
        assert comes_true(lambda: checkpoints(state, command) >= 4, within_s=60), command.output
        worker = pid_of(tmp_path, "stream_app")
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        killed = command.wait()
    assert killed.exit_code == 1
    assert "the worker was killed by signal 9" in killed.output
    assert processes_below(tmp_path) == {}

    if worker_data == "deleted":
        shutil.rmtree(state / "worker")
    ended = run(tmp_path, *arguments)

    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "report.csv").read_bytes() == expected


def test_kill_of_the_broker_ends_up_with_its_name(tmp_path: Path, data: Path) -> None:
    with started(tmp_path, "up", "--data", data, "--api-port", "0") as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        broker = next(pid for pid, argv in processes_below(tmp_path).items() if "kafka.Kafka" in argv)
        os.kill(broker, signal.SIGKILL)
        ended = command.wait()

    assert ended.exit_code == 1
    assert "the broker was killed by signal 9" in ended.output
    assert processes_below(tmp_path) == {}


def checkpoints(state: Path, command: Command) -> int:
    """How many checkpoints with polls the worker has logged; the replay must not have ended before."""
    assert command.process.poll() is None, command.output
    log = state / "logs" / "worker.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return sum("checkpoint.flushed" in line and "polls=0 " not in line for line in lines)

"""The workers of one `up`, numbered from 1: each with a name in the consumer group and a data directory of its own."""

import shlex
import sys
from functools import partial
from pathlib import Path

from stream_app.errors import UsageError
from stream_app.local.state_directory import StateDirectory
from stream_app.local.supervisor import Environment, Supervisor, WhenItEnds


def check_workers(count: int, partitions: int) -> None:
    """Raise UsageError for workers that would have nothing to do.

    They would be no reserve either: one that is killed is back before Kafka gives its partitions to another.
    """
    if count > partitions:
        raise UsageError(
            f"--workers {count}: the topics have {partitions} partitions, so no more than {partitions} workers would "
            "have something to do; PARTITIONS says how many new topics get"
        )


def start_workers(count: int, directory: StateDirectory, supervisor: Supervisor, environment: Environment) -> None:
    """Run them, each to be brought back when it ends.

    A WORKER_NAME in the environment stands before the numbers, and a METRICS_PORT is the first worker's.
    """
    for number in _numbers(count):
        own = partial(_environment_of, number, directory.worker(number), environment)
        supervisor.start(f"worker-{number}", [sys.executable, "-m", "stream_app"], own, WhenItEnds.RESTART)


def _environment_of(number: int, data_dir: Path, environment: Environment) -> dict[str, str]:
    shared = environment()
    own = {**shared, "WORKER_NAME": f"{shared.get('WORKER_NAME', 'worker')}-{number}", "DATA_DIR": str(data_dir)}
    if first_port := shared.get("METRICS_PORT"):
        own["METRICS_PORT"] = str(int(first_port) + number - 1)
    return own


def data_dirs(count: int, directory: StateDirectory) -> str:
    """The setting DATA_DIRS for the API that reads them."""
    return shlex.join(str(directory.worker(number)) for number in _numbers(count))


def _numbers(count: int) -> range:
    return range(1, count + 1)

"""Several workers on one host: partitions move between them, and the sidecar follows."""

import asyncio
import csv
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from producers.sample import END, write_sample
from stream_app.settings import Settings
from stream_app.topics import ensure_topics
from tests import reference
from tests.support.command import run
from tests.support.kafka import RunningKafka
from tests.support.sidecar import api_environment, running_sidecar
from tests.support.waiting import comes_true

ALL = {0, 1, 2, 3}
SESSION_S = 6  # the shortest that brokers allow
TAKE_OVER_WITHIN_S = 45


class Worker:
    """A worker process, and what it has said of its partitions."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._log = folder / f"{name}.log"
        own = {**environment, "WORKER_NAME": name, "DATA_DIR": str(folder / name)}
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stream_app"], env=own, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def partitions(self) -> set[int]:
        """Those of its latest assignment."""
        said = re.findall(r"partitions\.assigned' partitions=\[(.*)\]", self._log.read_text())
        return {int(number) for number in said[-1].split(", ") if number} if said else set()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    @contextmanager
    def ended_with_the_test(self) -> Iterator["Worker"]:
        try:
            yield self
        finally:
            self.kill()


class Replays:
    """A sample in parts, sent one after the other; the calendars go with the first."""

    def __init__(self, folder: Path, environment: Mapping[str, str], parts: int) -> None:
        self._folder = folder
        self._environment = environment
        write_sample(folder / "whole", stores=60, days=8, end=END, seed=13)
        with (folder / "whole" / "store_status.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        self._header, self._parts = header, [rows[part::parts] for part in range(parts)]
        self._sent: list[list[str]] = []

    def send_next(self) -> bytes:
        """Send a part; the reference's report of everything sent so far."""
        part = self._parts.pop(0)
        self._sent += part
        name = f"part-{len(self._parts)}"
        self._write(name, part)
        ended = run(self._folder, "replay", name, env=self._environment)
        assert ended.exit_code == 0, ended.output
        self._write("sent", self._sent)
        return reference.report_from_files(self._folder / "sent")

    def _write(self, name: str, rows: list[list[str]]) -> None:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        for file in ("menu_hours.csv", "timezones.csv"):
            (folder / file).write_bytes((self._folder / "whole" / file).read_bytes())
        with (folder / "store_status.csv").open("w", newline="") as polls:
            csv.writer(polls, lineterminator="\n").writerows([self._header, *rows])


@pytest.fixture
def environment(tmp_path: Path, kafka: RunningKafka) -> dict[str, str]:
    """Topics, group and folders of the test's own."""
    name = f"t{time.time_ns()}"
    environment = api_environment(
        tmp_path,
        kafka.address.bootstrap,
        TOPIC_PREFIX=f"{name}-",
        APP_ID=name,
        SESSION_TIMEOUT=str(SESSION_S),
        DATA_DIRS=f"{tmp_path}/worker-1 {tmp_path}/worker-2",
    )
    asyncio.run(ensure_topics(Settings.model_validate(environment)))
    return environment


def databases(folder: Path, worker: str) -> set[int]:
    return {int(path.stem.rpartition("-")[2]) for path in (folder / worker / "v1" / "tables").glob("store-state-*.db")}


def test_partitions_that_move_between_workers_are_read_where_they_are(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    # What the command `replay` may know of this test's Kafka; it reads no folder of a worker.
    named = {name: environment[name] for name in ("KAFKA_BROKERS", "TOPIC_PREFIX", "APP_ID")}
    replays = Replays(tmp_path, named, parts=4)
    with ExitStack() as stack:
        sidecar = stack.enter_context(running_sidecar(environment))
        first = stack.enter_context(Worker("worker-1", tmp_path, environment).ended_with_the_test())
        alone = replays.send_next(), sidecar.csv()

        second = stack.enter_context(Worker("worker-2", tmp_path, environment).ended_with_the_test())
        assert comes_true(lambda: len(first.partitions) == len(second.partitions) == 2, TAKE_OVER_WITHIN_S)
        shared = replays.send_next(), sidecar.csv()

        first.kill()
        assert comes_true(lambda: second.partitions == ALL, TAKE_OVER_WITHIN_S)
        taken_over = replays.send_next(), sidecar.csv()

        back = stack.enter_context(Worker("worker-1", tmp_path, environment).ended_with_the_test())
        assert comes_true(lambda: len(back.partitions) == len(second.partitions) == 2, TAKE_OVER_WITHIN_S)
        shared_again = replays.send_next(), sidecar.csv()

    for expected, found in (alone, shared, taken_over, shared_again):
        assert found == expected
    assert databases(tmp_path, "worker-1") == databases(tmp_path, "worker-2") == ALL


def test_more_workers_than_partitions_are_refused_with_the_number(tmp_path: Path, environment: dict[str, str]) -> None:
    named = {name: environment[name] for name in ("TOPIC_PREFIX", "APP_ID")}

    ended = run(
        tmp_path,
        "up",
        "--once",
        "--api-port",
        "0",
        "--workers",
        "5",
        "--kafka",
        environment["KAFKA_BROKERS"],
        env=named,
    )

    assert ended.exit_code == 2
    assert "--workers 5: the topics have 4 partitions" in ended.output

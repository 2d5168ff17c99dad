"""Several workers on one host: partitions move between them, and the sidecar follows."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from stream_app.settings import Settings
from stream_app.topics import ensure_topics
from tests.support.command import run
from tests.support.kafka import RunningKafka
from tests.support.replays import Replays
from tests.support.sidecar import api_environment, running_sidecar
from tests.support.waiting import comes_true
from tests.support.worker_process import Worker

ALL = {0, 1, 2, 3}
SESSION_S = 6  # the shortest that brokers allow
TAKE_OVER_WITHIN_S = 45


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

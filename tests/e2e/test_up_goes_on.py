"""`store-monitor up` without a poll, without a part, or without its directory: it goes on, or says what ended it."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from stream_app.atomic_file import replacing
from tests.support.command import Command, api_url, becomes, processes_below, run, started, worker_pid
from tests.support.kafka import RunningKafka
from tests.support.waiting import comes_true, process_exists

RESTARTS_OF_A_WORKER = 5
POLLS = "store_id,status,timestamp_utc\na,active,2024-03-08 12:00:00 UTC\n"


@pytest.fixture
def env() -> Mapping[str, str]:
    """Topics and a consumer group that no other test has."""
    name = uuid4().hex[:8]
    return {"APP_ID": f"test-{name}", "TOPIC_PREFIX": f"{name}-"}


@pytest.fixture
def service(tmp_path: Path, kafka: RunningKafka, env: Mapping[str, str]) -> Iterator[Command]:
    """A service on the shared broker that has shown its first report."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "store_status.csv").write_text(POLLS)
    arguments = ("up", "--data", "data", "--api-port", "0", "--state-dir", "state", "--kafka", kafka.address.bootstrap)
    with started(tmp_path, *arguments, env=env) as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        yield command


def test_service_without_a_poll_says_how_to_send_one_and_reports_once_it_is_there(
    tmp_path: Path, kafka: RunningKafka, env: Mapping[str, str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "menu_hours.csv").write_text(
        "store_id,day,start_time_local,end_time_local\n" + "".join(f"b,{day},00:00,00:00\n" for day in range(7))
    )
    arguments = ("--data", "data", "--api-port", "0", "--report", "first.csv", "--kafka", kafka.address.bootstrap)
    with started(tmp_path, "up", *arguments, env=env) as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        url = api_url(tmp_path / ".store-monitor" / "data")
        told = command.output
        poll = {"store_id": "a", "status": "active", "timestamp_utc": datetime.now(UTC).isoformat()}
        sent = httpx.post(f"{url}/polls", json=poll)

        assert becomes(command, "Report: first.csv"), command.output
        reports = httpx.get(f"{url}/reports").json()
        command.interrupt()
        ended = command.wait()

    assert f"curl {url}/polls" in told
    assert f"store-monitor replay DIR --kafka {kafka.address.bootstrap}" in told
    assert sent.status_code == httpx.codes.ACCEPTED
    assert [row.split(",")[0] for row in (tmp_path / "first.csv").read_text().splitlines()] == ["store_id", "a", "b"]
    assert "Failed" not in json.dumps(reports)
    assert ended.exit_code == 0


def test_worker_that_no_restart_can_mend_is_stopped_once_and_the_api_says_why(
    tmp_path: Path, service: Command, kafka: RunningKafka, env: Mapping[str, str]
) -> None:
    asyncio.run(add_partitions(kafka.address.bootstrap, f"{env['TOPIC_PREFIX']}store-polls", 6))
    os.kill(worker_pid(tmp_path, "worker-1"), signal.SIGKILL)  # rather than wait until it hears of it from Kafka

    assert becomes(service, "worker-1 is stopped and not started again"), service.output
    ready = httpx.get(f"{api_url(tmp_path / 'state')}/health/ready", timeout=10)
    page = httpx.get(f"{api_url(tmp_path / 'state')}/ui", timeout=10, follow_redirects=True).text
    report = run(tmp_path, "report", "--state-dir", "state")
    service.interrupt()
    ended = service.wait()

    reason = "worker-1 is stopped and not started again: the topics must have one number of partitions"
    assert (ready.status_code, ready.json()["stopped"]) == (503, ["worker-1"])
    assert ready.json()["reasons"][0].startswith(reason)
    assert "worker-1 stopped for good" in page
    assert report.exit_code == 1
    assert f"worker_stopped: {reason}" in report.output
    assert ended.output.count("it is started again in") == 1  # after the kill
    assert ended.output.count(reason) == 1
    assert ended.exit_code == 1
    assert processes_below(tmp_path) == {}


def test_api_that_dies_over_and_over_leaves_the_worker_alone_and_comes_back(tmp_path: Path, service: Command) -> None:
    worker = worker_pid(tmp_path, "worker-1")
    killed: set[int] = set()

    for _ in range(RESTARTS_OF_A_WORKER + 1):
        assert comes_true(lambda: api_pid(tmp_path / "state") not in killed, within_s=120), service.output
        killed.add(api_pid(tmp_path / "state"))
        os.kill(api_pid(tmp_path / "state"), signal.SIGKILL)
    assert comes_true(lambda: api_pid(tmp_path / "state") not in killed, within_s=120), service.output

    assert process_exists(worker)
    assert worker_pid(tmp_path, "worker-1") == worker
    assert "api was killed by signal 9; it is started again in 16 s." in service.output
    assert run(tmp_path, "report", "--state-dir", "state").exit_code == 0


def test_state_directory_that_is_removed_ends_up_with_one_sentence(tmp_path: Path, service: Command) -> None:
    (tmp_path / "state").rename(tmp_path / "moved")  # at once, where a removal races with what is written there
    shutil.rmtree(tmp_path / "moved")

    ended = service.wait()

    assert ended.exit_code == 1
    assert f"the state directory {tmp_path / 'state'} was removed or replaced" in ended.output
    assert "Traceback" not in ended.output
    assert processes_below(tmp_path) == {}


def test_commands_on_another_state_directory_do_not_ask_this_service(tmp_path: Path, service: Command) -> None:
    """Also on one that says where this service is, as a killed one does whose port was taken since."""
    address = json.loads((tmp_path / "state" / "api.json").read_bytes())
    (tmp_path / "killed").mkdir()
    with replacing(tmp_path / "killed" / "api.json") as file:
        file.write(json.dumps({**address, "instance": "that of the killed one"}).encode())
    commands = (("report",), ("status", "a"), ("dead-letters",))

    for state_dir in ("killed", "nowhere"):
        for command in commands:
            ended = run(tmp_path, *command, "--state-dir", state_dir)
            assert ended.exit_code == 1
            assert f"no `store-monitor up` runs on {state_dir}" in ended.output

    assert service.process.poll() is None


async def add_partitions(brokers: str, topic: str, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(count)})
    finally:
        await admin.close()


def api_pid(state: Path) -> int:
    return int(json.loads((state / "api.json").read_bytes())["pid"])

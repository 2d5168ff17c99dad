"""The embedded broker, really started and really killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream_app.local.broker import BrokerAddress
from stream_app.local.kafka import EmbeddedKafka, KafkaStartFailedError, two_free_ports
from stream_app.local.kafka_directory import KafkaDirectory, KafkaDirectoryInUseError
from tests.support.kafka import RunningKafka, java_and_jars, running_kafka
from tests.support.waiting import comes_true, process_exists

READ_TIMEOUT_S = 15
PARENT_OF_KAFKA = """
import sys, time
from pathlib import Path
from stream_app.local.kafka import EmbeddedKafka
from tests.support.kafka import java_and_jars
kafka = EmbeddedKafka(Path(sys.argv[1]), *java_and_jars())
try:
    kafka.start()
    print("started", kafka.pid, flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", kafka.pid, kafka.is_alive, flush=True)
"""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKafka]:
    """One broker for all tests that leave it as they found it, in a path that needs escaping wherever it goes."""
    with running_kafka(tmp_path_factory.mktemp("kafka") / "stäte dir") as kafka:
        yield kafka


def start_parent(state_dir: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", PARENT_OF_KAFKA, str(state_dir)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)


def line_with(parent: subprocess.Popen[str], word: str) -> list[str]:
    """Read the parent's output up to the line that begins with `word`."""
    assert parent.stdout is not None
    for line in parent.stdout:
        if line.startswith(word):
            return line.split()
    pytest.fail(f"the parent ended without saying {word!r}")


def create_topic(address: BrokerAddress, topic: str) -> None:
    async def create() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=address.bootstrap)
        await admin.start()
        try:
            answer = await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
            assert [code for _, code, *_ in answer.topic_errors] == [0], answer
        finally:
            await admin.close()

    asyncio.run(create())


def write(address: BrokerAddress, topic: str, values: list[bytes]) -> None:
    """Return when the broker has acknowledged every value."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=address.bootstrap, enable_idempotence=True)
        await producer.start()
        try:
            for value in values:
                await producer.send_and_wait(topic, value)
        finally:
            await producer.stop()

    asyncio.run(send())


def read(address: BrokerAddress, topic: str, count: int) -> list[bytes]:
    """Read the first `count` values through a consumer group, committed ones only."""

    async def receive() -> list[bytes]:
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=address.bootstrap,
            group_id=f"readers-of-{topic}-{time.time_ns()}",
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=3_000,
            heartbeat_interval_ms=500,
        )
        await consumer.start()
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                return [(await consumer.getone()).value for _ in range(count)]
        finally:
            await consumer.stop()

    return asyncio.run(receive())


def test_records_go_in_and_come_out_through_a_group(kafka: RunningKafka) -> None:
    create_topic(kafka.address, "polls")

    write(kafka.address, "polls", [b"1", b"2", b"3"])

    assert read(kafka.address, "polls", 3) == [b"1", b"2", b"3"]


def test_topic_that_was_not_created_stays_unknown(kafka: RunningKafka) -> None:
    async def topics_after_asking_for(topic: str) -> list[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.address.bootstrap)
        await admin.start()
        try:
            await admin.describe_topics([topic])
            return await admin.list_topics()  # type: ignore[no-any-return] # aiokafka is untyped
        finally:
            await admin.close()

    assert "misspelt" not in asyncio.run(topics_after_asking_for("misspelt"))


def test_open_transaction_of_a_dead_producer_ends_soon_after_its_timeout(kafka: RunningKafka) -> None:
    create_topic(kafka.address, "transactions")

    async def leave_a_transaction_open() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=kafka.address.bootstrap, transactional_id="dead", transaction_timeout_ms=1_000
        )
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait("transactions", b"never committed")
        await producer.client.close()  # the connection goes, as in a kill -9, and no abort is sent
        producer._sender._sender_task.cancel()
        producer._closed = True  # silences the warning of its destructor

    asyncio.run(leave_a_transaction_open())
    started = time.monotonic()
    write(kafka.address, "transactions", [b"after"])

    assert read(kafka.address, "transactions", 1) == [b"after"]
    assert time.monotonic() - started < 6


def test_broker_listens_on_no_other_address_of_the_machine(kafka: RunningKafka) -> None:
    port = int(kafka.address.bootstrap.rpartition(":")[2])

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_second_broker_on_the_directory_is_refused_and_the_first_goes_on(kafka: RunningKafka) -> None:
    second = EmbeddedKafka(kafka.broker.path.parent, *java_and_jars())

    with pytest.raises(KafkaDirectoryInUseError, match=f"in use by process {os.getpid()}"):
        second.start()

    assert kafka.broker.is_alive
    assert not second.is_alive


def test_broker_log_is_short_enough_to_read_and_free_of_trouble(kafka: RunningKafka) -> None:
    log = kafka.broker.log_file.read_text()

    assert "Kafka Server started" in log
    assert len(log) < 500_000
    assert " ERROR " not in log


def test_killed_broker_is_noticed_and_starts_again_with_all_that_was_acknowledged(kafka: RunningKafka) -> None:
    values = [b"%d" % number for number in range(200)]
    create_topic(kafka.address, "kept")
    write(kafka.address, "kept", values)
    assert kafka.broker.poll() is None
    assert kafka.broker.pid is not None

    os.kill(kafka.broker.pid, signal.SIGKILL)
    assert comes_true(lambda: not kafka.broker.is_alive)
    exit_code = kafka.broker.poll()
    address = kafka.broker.start()

    assert exit_code == -signal.SIGKILL
    assert address == kafka.address  # clients need not learn another one
    assert read(address, "kept", 200) == values


def test_data_survive_a_stop_and_a_start_on_other_ports(tmp_path: Path) -> None:
    with running_kafka(tmp_path) as first:
        create_topic(first.address, "polls")
        write(first.address, "polls", [b"before the stop"])

    with running_kafka(tmp_path) as second:
        assert second.address != first.address
        assert read(second.address, "polls", 1) == [b"before the stop"]


def test_broker_dies_with_its_killed_parent_and_the_directory_starts_again(tmp_path: Path) -> None:
    parent = start_parent(tmp_path)
    broker_pid = int(line_with(parent, "started")[1])
    assert process_exists(broker_pid)

    parent.kill()
    parent.wait(10)

    with running_kafka(tmp_path) as kafka:  # at once, while the old broker may still be dying
        assert not process_exists(broker_pid)
        assert kafka.broker.is_alive


def test_ctrl_c_during_the_start_leaves_no_broker_behind(tmp_path: Path) -> None:
    parent = start_parent(tmp_path)
    log_file = tmp_path / "logs" / "kafka.log"
    assert comes_true(lambda: log_file.exists() and b"Registered" in log_file.read_bytes())  # it has begun to work

    parent.send_signal(signal.SIGINT)

    _, broker_pid, is_alive = line_with(parent, "interrupted")
    assert is_alive == "False"
    assert not process_exists(int(broker_pid))
    assert parent.wait(10) == 0


def test_ports_that_were_taken_meanwhile_are_exchanged_for_others(tmp_path: Path) -> None:
    free = two_free_ports()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        choices = iter([(free[0], taken.getsockname()[1]), free])
        with EmbeddedKafka(tmp_path, *java_and_jars(), choose_ports=lambda: next(choices)) as broker:
            address = broker.start()

    assert address.bootstrap == f"127.0.0.1:{free[0]}"


def test_failed_start_shows_the_end_of_the_log_and_frees_the_directory(tmp_path: Path) -> None:
    java, _ = java_and_jars()
    (tmp_path / "no jars").mkdir()

    with pytest.raises(KafkaStartFailedError) as failed:
        EmbeddedKafka(tmp_path, java, tmp_path / "no jars").start()

    assert "exit code 1" in failed.value.reason
    assert "Could not find or load main class" in failed.value.log_tail
    KafkaDirectory.claim(tmp_path / "kafka").close()

"""Who may use a broker's directory, and what is written there."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stream_app.local import kafka_directory
from stream_app.local.kafka_directory import (
    KafkaDirectory,
    KafkaDirectoryInUseError,
    KafkaDirectoryInvalidError,
    as_properties_value,
    new_cluster_id,
)

# Kafka's own lock is a POSIX one, which doesn't exclude its own process; hence a second one.
ORPHAN = """
import fcntl, sys, time
lock_file = open(sys.argv[1], "w")
fcntl.lockf(lock_file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[KafkaDirectory]:
    with closing(KafkaDirectory.claim(tmp_path / "kafka")) as directory:
        yield directory


def start_orphan(path: Path, seconds: float) -> subprocess.Popen[str]:
    (path / "data").mkdir(parents=True)
    argv = [sys.executable, "-c", ORPHAN, str(path / "data" / ".lock"), str(seconds)]
    orphan = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert orphan.stdout is not None
    assert orphan.stdout.readline() == "held\n"
    return orphan


def test_second_claim_is_refused_naming_the_directory_and_its_holder(directory: KafkaDirectory) -> None:
    with pytest.raises(KafkaDirectoryInUseError) as refused:
        KafkaDirectory.claim(directory.path)

    assert str(directory.path) in str(refused.value)
    assert f"process {os.getpid()}" in str(refused.value)


def test_claim_waits_for_the_dying_broker_of_a_killed_process(tmp_path: Path) -> None:
    orphan = start_orphan(tmp_path, seconds=0.3)

    KafkaDirectory.claim(tmp_path).close()

    assert orphan.wait(10) == 0


def test_broker_that_does_not_go_away_is_refused_after_the_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_directory, "ORPHAN_WAIT_S", 0.2)
    orphan = start_orphan(tmp_path, seconds=60)
    started = time.monotonic()

    with pytest.raises(KafkaDirectoryInUseError, match="a broker without supervisor"):
        KafkaDirectory.claim(tmp_path)

    assert time.monotonic() - started < 5
    orphan.kill()
    orphan.wait(10)
    KafkaDirectory.claim(tmp_path).close()  # and the refusal left no lock behind


def test_comma_in_the_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KafkaDirectoryInvalidError, match="comma"):
        KafkaDirectory.claim(tmp_path / "a,b")


def test_format_that_was_killed_does_not_look_like_a_finished_one(directory: KafkaDirectory) -> None:
    directory.begin_format()
    directory.unfinished.mkdir()
    (directory.unfinished / "meta.properties").touch()

    assert not directory.is_formatted()

    directory.begin_format()
    assert not directory.unfinished.exists()


def test_finished_format_is_found_with_its_cluster_id(directory: KafkaDirectory) -> None:
    directory.begin_format()
    directory.unfinished.mkdir()
    (directory.unfinished / "meta.properties").write_text("#comment\nversion=1\ncluster.id=abc_-9\nnode.id=1\n")

    directory.finish_format()

    assert directory.is_formatted()
    assert directory.cluster_id() == "abc_-9"


def test_data_of_unknown_origin_are_not_formatted_over(directory: KafkaDirectory) -> None:
    (directory.data / "store-polls-0").mkdir(parents=True)

    with pytest.raises(KafkaDirectoryInvalidError, match="is missing; move"):
        directory.is_formatted()


def test_configuration_carries_the_ports_and_the_data_directory(directory: KafkaDirectory) -> None:
    lines = directory.configure(directory.data, broker_port=1234, controller_port=5678).read_text().splitlines()

    assert "listeners=PLAINTEXT://127.0.0.1:1234,CONTROLLER://127.0.0.1:5678" in lines
    assert "controller.quorum.voters=1@127.0.0.1:5678" in lines
    assert f"log.dirs={directory.data}" in lines


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("/plain path", "/plain path"), ("/ü", "/\\u00fc"), ("/😀", "/\\ud83d\\ude00"), ("/a\\b", "/a\\\\b")],
)
def test_path_is_escaped_as_java_properties_read_it(text: str, escaped: str) -> None:
    assert as_properties_value(text) == escaped


def test_cluster_id_never_looks_like_an_option() -> None:
    ids = {new_cluster_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert not any(cluster_id.startswith("-") for cluster_id in ids)
    assert {len(cluster_id) for cluster_id in ids} == {22}

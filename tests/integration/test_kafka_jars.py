"""Fetching Kafka with a real Maven: at once, killed, without network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stream_app.local.kafka_jars import KafkaJarsUnavailableError, are_cached, fetch_jars, jars_folder
from tests.support.kafka import java_and_jars
from tests.support.waiting import comes_true

FETCH = """
import os, shutil, sys
from pathlib import Path
from stream_app.local.java import find_java
from stream_app.local.kafka_jars import fetch_jars
java = find_java(os.environ).runtime
print(fetch_jars(Path(sys.argv[1]), Path(shutil.which("mvn")), java, os.environ))
"""
NO_NETWORK = " ".join(f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort=9" for scheme in ("http", "https"))


@pytest.fixture
def maven() -> Path:
    found = shutil.which("mvn")
    assert found is not None, "these tests need Maven: apt install maven"
    return Path(found)


def start_fetch(cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", FETCH, cache], stdout=subprocess.PIPE, text=True)


def test_two_fetches_at_once_leave_one_complete_folder(tmp_path: Path) -> None:
    fetches = [start_fetch(tmp_path) for _ in range(2)]

    outputs = [fetch.communicate(timeout=60)[0] for fetch in fetches]

    assert [output.splitlines()[-1] for output in outputs] == [str(jars_folder(tmp_path))] * 2
    assert sorted(jars_folder(tmp_path).iterdir()) != []
    assert {path.name for path in jars_folder(tmp_path).parent.iterdir()} == {jars_folder(tmp_path).name, "fetch.lock"}


def test_killed_fetch_leaves_nothing_that_looks_complete(tmp_path: Path, maven: Path) -> None:
    fetch = start_fetch(tmp_path)
    assert comes_true(lambda: any(jars_folder(tmp_path).parent.glob("fetch-*/maven.log")))

    fetch.kill()
    fetch.communicate(timeout=10)
    assert not are_cached(tmp_path)

    jars = fetch_jars(tmp_path, maven, java_and_jars()[0], os.environ)
    assert len(list(jars.glob("*.jar"))) == len(list(java_and_jars()[1].glob("*.jar")))
    assert not any(jars.parent.glob("fetch-*/"))


def test_failing_fetch_shows_the_last_lines_of_maven_and_what_to_do(tmp_path: Path, maven: Path) -> None:
    environ = {**os.environ, "MAVEN_OPTS": f"-Dmaven.repo.local={tmp_path / 'empty'} {NO_NETWORK}"}

    with pytest.raises(KafkaJarsUnavailableError) as unavailable:
        fetch_jars(tmp_path / "cache", maven, java_and_jars()[0], environ)

    assert "[ERROR]" in unavailable.value.last_lines
    assert "maven-dependency-plugin" in unavailable.value.last_lines
    assert "--kafka HOST:PORT" in str(unavailable.value)
    assert not are_cached(tmp_path / "cache")

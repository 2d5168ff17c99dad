"""The running service is what its OpenAPI document says: whatever is sent, no 5xx and no answer that isn't in it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from producers.sample import END, write_sample
from stream_app.settings import Settings
from stream_app.topics import ensure_topics
from tests.support.command import run
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.worker_process import Worker

HERE = Path(__file__).parent
IS_DEEP = os.environ.get("TEST_EFFORT") == "deep"
EXAMPLES = "500" if IS_DEEP else "20"
WITHIN_S = 3600 if IS_DEEP else 120


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka) -> Iterator[Sidecar]:
    """Worker and API over a small sample that is wholly taken in."""
    tmp_path = tmp_path_factory.mktemp("openapi")
    name = f"t{time.time_ns()}"
    named = {"TOPIC_PREFIX": f"{name}-", "APP_ID": name}
    brokers = kafka.address.bootstrap
    environment = api_environment(tmp_path, brokers, DATA_DIRS=str(tmp_path / "worker-1"), **named)
    asyncio.run(ensure_topics(Settings.model_validate(environment)))
    write_sample(tmp_path / "sample", stores=30, days=8, end=END, seed=17)
    with ExitStack() as stack:
        stack.enter_context(Worker("worker-1", tmp_path, environment).ended_with_the_test())
        replayed = run(tmp_path, "replay", "sample", env={**named, "KAFKA_BROKERS": brokers})
        assert replayed.exit_code == 0, replayed.output
        sidecar = stack.enter_context(running_sidecar(environment))
        assert sidecar.becomes_ready(60)
        yield sidecar


@pytest.mark.timeout(WITHIN_S + 120)
@pytest.mark.parametrize("about", ["anything", "known"])
def test_whatever_is_asked_the_answers_are_those_of_the_document(service: Sidecar, tmp_path: Path, about: str) -> None:
    report_id = service.trigger()
    assert service.finished(report_id)["status"] == "Complete"
    known = {"REPORT_ID": report_id, "STORE_ID": service.get("/stores", limit="1")["stores"][0]["store_id"]}
    document = f"{service.http.base_url}/openapi.json"

    configuration = str(HERE / f"openapi_{about}.toml")
    # The module rather than the command: the same on every machine that has the environment.
    asked = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", configuration, "run", document]
    how = ["--max-examples", EXAMPLES, "--continue-on-failure", "--request-timeout", "20"]
    ended = subprocess.run(
        [*asked, *how],
        cwd=tmp_path,
        env={**os.environ, **known, "SCHEMATHESIS_HOOKS": str(HERE / "openapi_hooks.py")},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    print(ended.stdout)  # which pytest shows where the test fails

    assert ended.returncode == 0, ended.stderr
    assert service.http.get("/health/ready").status_code == 200
    assert service.finished(service.trigger())["status"] == "Complete"

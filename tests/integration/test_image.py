"""What the image holds is run for real without an engine: built from its context, as its user, as compose starts it."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from producers.sample import END, write_sample
from stream_app.process_ends import EXIT_FAILED
from tests.faults.expected import expected_of
from tests.support.image import ROOT, Image, install, installed_image
from tests.support.kafka import RunningKafka
from tests.support.waiting import comes_true

WRITTEN = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", WRITTEN))["services"]  # with no variable set outside
HEALTHY_WITHIN_S = 60
pytestmark = pytest.mark.timeout(600)  # compose's sample goes through everything, on a machine that may be busy
PACKAGES = ("stream_app", "api", "producers")
IS_CODE = (".py", ".pyc")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with installed_image() as image:
        yield image


def data_files(folder: Path) -> set[Path]:
    files = (path for package in PACKAGES for path in (folder / package).rglob("*"))
    return {path.relative_to(folder) for path in files if path.is_file() and path.suffix not in IS_CODE}


def installed_packages(venv: Path) -> Path:
    return next(venv.glob("lib/python*/site-packages"))


def test_image_s_package_has_every_template_asset_and_file_of_the_broker(image: Image) -> None:
    assert data_files(ROOT) == data_files(installed_packages(image.root / "venv"))
    assert Path("stream_app/local/kafka_dist/pom.xml") in data_files(ROOT)


def test_package_of_a_clone_has_every_file_of_the_clone(tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)  # noqa: S607
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", tmp_path], cwd=tmp_path / "clone", check=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path / "sdist")
    install(next((tmp_path / "sdist").iterdir()), tmp_path / "venv")

    assert data_files(installed_packages(tmp_path / "venv")) == data_files(tmp_path / "clone")


@pytest.mark.parametrize(
    "arguments", [("--version",), ("--help",), ("up", "--help"), ("replay", "--help")], ids=" ".join
)
def test_command_line_of_the_image_starts(image: Image, arguments: tuple[str, ...]) -> None:
    ended = image.run("store-monitor", *arguments)

    assert ended.returncode == 0, ended.stderr


def test_modules_come_from_the_image_and_not_from_this_repository(image: Image) -> None:
    code = "import api.main, producers, stream_app.local.up as up; print(api.main.__file__, up.__file__)"

    ended = image.run("python", "-c", code)

    assert ended.returncode == 0, ended.stderr
    assert all(place.startswith(str(image.root)) for place in ended.stdout.split()), ended.stdout


def test_worker_of_the_image_without_a_kafka_names_it(image: Image) -> None:
    ended = image.run("python", "-m", "stream_app", KAFKA_BROKERS="127.0.0.1:1")

    assert ended.returncode == EXIT_FAILED
    assert "no Kafka answers at 127.0.0.1:1" in ended.stderr


class Composed:
    """The services of docker-compose.yml as processes of the image, on the tests' Kafka and a free port."""

    def __init__(self, image: Image, kafka: RunningKafka) -> None:
        self.image = image
        self.sample = image.home / "sample"
        self._kafka = kafka.address.bootstrap
        self._name = f"t{time.time_ns()}"
        self._address = image.home / f"{self._name}.json"

    @contextmanager
    def up(self, name: str) -> Iterator[None]:
        """A service that stays."""
        with (self.image.root / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                self.image.command(SERVICES[name]["command"]),
                env=self.image.environment(self._environment(name)),
                cwd=self.image.workdir,
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)

    def run(self, name: str) -> "subprocess.CompletedProcess[str]":
        """A service that has a job."""
        return self.image.run(*map(self._placed, SERVICES[name]["command"]), **self._environment(name))

    def is_healthy(self, name: str) -> bool:
        """By the service's own health check."""
        kind, *check = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        return self._address.exists() and self.image.run(*map(self._placed, check)).returncode == 0

    def _environment(self, name: str) -> dict[str, str]:
        own: dict[str, Any] = SERVICES[name]["environment"]
        written = {key: value if isinstance(value, str) else str(value).lower() for key, value in own.items()}
        placed = {
            "KAFKA_BROKERS": own["KAFKA_BROKERS"].replace("kafka:9092", self._kafka),
            "API_HOST": own["API_HOST"].replace("0.0.0.0", "127.0.0.1"),  # noqa: S104 - replaced by loopback
            "API_PORT": "0",
            "API_ADDRESS_FILE": str(self._address),
            "APP_ID": self._name,
            "TOPIC_PREFIX": f"{self._name}-",
        }
        return {**written, **placed}

    def _placed(self, word: str) -> str:
        """With the API's port and the folders where they are here."""
        url = f"http://127.0.0.1:{self._port()}"
        folders = re.sub(r"(^|\s)(/tmp/sample|/data)\b", rf"\1{self.sample}", word)
        return folders.replace("http://api:8000", url).replace("http://127.0.0.1:8000", url)

    def _port(self) -> str:
        found = re.search(rb":(\d+)\"", self._address.read_bytes())
        assert found
        return found[1].decode()


@pytest.fixture(scope="module")
def composed(image: Image, kafka: RunningKafka) -> Iterator[Composed]:
    """What `docker compose --profile workers up` starts and keeps."""
    composed = Composed(image, kafka)
    with ExitStack() as stack:
        for name in ("worker", "worker-2", "api"):
            stack.enter_context(composed.up(name))
        assert comes_true(lambda: composed.is_healthy("api"), HEALTHY_WITHIN_S), log_of(image, "api")
        yield composed


def log_of(image: Image, name: str) -> str:
    return (image.root / f"{name}.log").read_text()


def test_compose_s_sample_ends_with_a_report_as_the_reference_has_it(composed: Composed) -> None:
    ended = composed.run("sample")

    assert ended.returncode == 0, ended.stderr
    lines = {line.split(",")[0]: line for line in ended.stdout.splitlines()}
    assert expected_of(composed.sample).rows.items() <= lines.items()


def test_compose_s_producer_sends_the_files_that_are_mounted(composed: Composed) -> None:
    write_sample(composed.sample, stores=20, days=8, end=END, seed=9)

    ended = composed.run("producer")

    assert ended.returncode == 0, ended.stderr


def test_compose_s_workers_keep_their_tables_on_the_volume_that_the_user_owns(composed: Composed) -> None:
    folders = [composed.image.state / name for name in ("worker-1", "worker-2")]

    assert comes_true(lambda: all(folder.is_dir() for folder in folders))
    assert os.geteuid() != 0 or {folder.stat().st_uid for folder in folders} != {0}

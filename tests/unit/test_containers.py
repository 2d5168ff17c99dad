"""The containers can't be run without an engine; what can be checked of them without one is checked here."""

import re
from pathlib import Path

import pytest
import yaml

from stream_app.cli import commands
from stream_app.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "kafka"}
WORKERS = {name: service for name, service in OURS.items() if service["command"] == ["python", "-m", "stream_app"]}
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
VARIABLES = {str(field.validation_alias) for field in Settings.model_fields.values()}


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_the_compose_file_exists(name: str) -> None:
    command = OURS[name]["command"]

    if command[0] == "sh":
        words = re.findall(r"store-monitor (\S+)", command[2])
        assert words
        assert set(words) <= set(commands.commands)
    else:
        assert (ROOT / command[2] / "__main__.py").is_file()


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_the_compose_file_is_a_setting(name: str) -> None:
    assert OURS[name]["environment"].keys() <= VARIABLES


def test_every_variable_of_the_image_is_a_setting() -> None:
    (assignments,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)

    assert {assignment.split("=")[0] for assignment in assignments.split()} <= VARIABLES


def test_the_image_copies_every_package_and_the_lock_file() -> None:
    copied = set(re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE))

    assert {"stream_app", "api", "producers"} <= copied
    assert any("requirements.lock" in line for line in copied)


def test_compose_and_the_embedded_broker_run_the_same_kafka() -> None:
    pom = (ROOT / "docker" / "kafka" / "pom.xml").read_text()
    version = COMPOSE["services"]["kafka"]["image"].rpartition(":")[2]

    assert f"<version>{version}</version>" in pom or f">{version}<" in pom


def test_workers_and_api_share_the_volume_of_the_tables() -> None:
    assert WORKERS.keys() >= {"worker", "worker-2"}
    assert all(worker["volumes"] == OURS["api"]["volumes"] for worker in WORKERS.values())


def test_each_worker_has_a_name_and_a_folder_that_the_api_reads() -> None:
    (image,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    defaults = dict(assignment.split("=") for assignment in image.split())
    settings = [load_settings({**defaults, **worker["environment"]}) for worker in WORKERS.values()]

    assert len({own.worker_name for own in settings}) == len(WORKERS)
    assert load_settings(OURS["api"]["environment"]).data_dirs == tuple(own.data_dir for own in settings)

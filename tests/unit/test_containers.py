"""The containers can't be run without an engine; what can be checked of them without one is checked here."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from stream_app.cli import commands
from stream_app.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", WRITTEN))  # with no variable set outside
OURS = {name: service for name, service in COMPOSE["services"].items() if name not in {"kafka", "s3"}}
S3 = COMPOSE["services"]["s3"]
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
    own = {variable for variable in OURS[name]["environment"] if not variable.startswith("AWS_")}

    assert own <= VARIABLES


def test_every_variable_of_the_image_is_a_setting() -> None:
    (assignments,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)

    assert {assignment.split("=")[0] for assignment in assignments.split()} <= VARIABLES


def test_the_image_copies_every_package_and_the_lock_file() -> None:
    copied = set(re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE))

    assert {"stream_app", "api", "producers"} <= copied
    assert any("requirements.lock" in line for line in copied)


def test_compose_and_the_embedded_broker_run_the_same_kafka() -> None:
    pom = (ROOT / "stream_app" / "local" / "kafka_dist" / "pom.xml").read_text()
    version = COMPOSE["services"]["kafka"]["image"].rpartition(":")[2]

    assert f"<version>{version}</version>" in pom or f">{version}<" in pom


def test_compose_s_only_broker_flushes_as_the_embedded_one_does() -> None:
    embedded = (ROOT / "stream_app" / "local" / "kafka_dist" / "server.properties").read_text()

    assert "\nlog.flush.interval.messages=1\n" in embedded
    assert COMPOSE["services"]["kafka"]["environment"]["KAFKA_LOG_FLUSH_INTERVAL_MESSAGES"] == "1"


def test_workers_and_api_share_the_volume_of_the_tables() -> None:
    assert WORKERS.keys() >= {"worker", "worker-2"}
    assert all(worker["volumes"] == OURS["api"]["volumes"] for worker in WORKERS.values())


def test_each_worker_has_a_name_and_a_folder_that_the_api_reads() -> None:
    (image,) = re.findall(r"^ENV (.*)$", DOCKERFILE, re.MULTILINE)
    defaults = dict(assignment.split("=") for assignment in image.split())
    settings = [load_settings({**defaults, **worker["environment"]}) for worker in WORKERS.values()]

    assert len({own.worker_name for own in settings}) == len(WORKERS)
    assert load_settings(OURS["api"]["environment"]).data_dirs == tuple(own.data_dir for own in settings)


def test_reports_stay_local_unless_a_store_is_named() -> None:
    assert not load_settings(OURS["api"]["environment"]).report_store
    assert 'REPORT_STORE: "${REPORT_STORE:-}"' in WRITTEN
    assert S3["profiles"] == ["s3"]


def test_api_and_s3_server_agree_on_the_key_and_the_name() -> None:
    api = OURS["api"]["environment"]
    server = S3["environment"]
    endpoint = urlsplit(api["AWS_ENDPOINT_URL"])

    assert (server["ROOT_ACCESS_KEY"], server["ROOT_SECRET_KEY"]) == (
        api["AWS_ACCESS_KEY_ID"],
        api["AWS_SECRET_ACCESS_KEY"],
    )
    assert S3["networks"]["default"]["aliases"] == [endpoint.hostname]
    assert str(endpoint.hostname).endswith(".localhost")  # which is loopback outside, where the port is published
    assert S3["ports"] == [f"127.0.0.1:{endpoint.port}:{endpoint.port}"]


def test_bucket_of_the_profile_is_a_folder_below_the_server_s() -> None:
    folder = S3["command"][-1]

    assert [volume.split(":")[1] for volume in S3["volumes"]] == ["/data/attributes", f"{folder}/reports"]
    assert {volume.split(":")[0] for volume in S3["volumes"]} <= COMPOSE["volumes"].keys()


def test_s3_server_is_the_one_of_the_tests() -> None:
    tools = (ROOT / "tests" / "support" / "store_servers" / "go-tools.txt").read_text()
    image, _, version = S3["image"].partition(":")

    assert f"{image}/cmd/versitygw@{version}\n" in tools

"""Which broker is chosen, and what is said where there is none."""

from pathlib import Path

import pytest

from stream_app.local.broker import (
    BrokerAddress,
    BrokerAddressInvalidError,
    BrokerUnavailable,
    EmbeddableBroker,
    ExternalBroker,
    embeddable_broker,
    find_broker,
)
from stream_app.local.java import JavaRuntime, JavaSearch
from stream_app.local.kafka_jars import cache_folder, jars_folder

JAVA = JavaRuntime(Path("/opt/java/bin/java"), Path("/opt/java"), 17)
MAVEN = Path("/usr/bin/mvn")


def test_flag_wins_over_the_environment() -> None:
    broker = find_broker("flag:1", {"KAFKA_BROKERS": "environment:2"})

    assert broker == ExternalBroker(BrokerAddress("flag:1"))


def test_environment_names_a_broker_where_the_flag_does_not() -> None:
    broker = find_broker(None, {"KAFKA_BROKERS": "a:1, b:2"})

    assert broker == ExternalBroker(BrokerAddress("a:1,b:2"))


@pytest.mark.parametrize("text", ["kafka.example.org:9092", "127.0.0.1:1", "[::1]:65535", "a:1,b:2"])
def test_address_is_host_and_port_or_several(text: str) -> None:
    assert BrokerAddress.parse(text).bootstrap == text


@pytest.mark.parametrize("text", ["kafka", "kafka:", ":9092", "kafka:0", "kafka:65536", "kafka://a:1", "a:1,", "a b:1"])
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(BrokerAddressInvalidError, match="expected HOST:PORT"):
        BrokerAddress.parse(text)


def test_java_and_maven_make_an_embedded_broker_possible(tmp_path: Path) -> None:
    broker = embeddable_broker(JavaSearch(JAVA), tmp_path, MAVEN)

    assert broker == EmbeddableBroker(JAVA, tmp_path, MAVEN)


def test_cached_jars_need_no_maven(tmp_path: Path) -> None:
    jars_folder(tmp_path).mkdir(parents=True)

    broker = embeddable_broker(JavaSearch(JAVA), tmp_path, None)

    assert broker.ensure_jars({}) == jars_folder(tmp_path)


def test_without_java_the_error_names_every_way_to_get_a_broker(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable) as unavailable:
        find_broker(None, {"PATH": str(tmp_path), "STORE_MONITOR_CACHE": str(tmp_path), "JAVA_HOME": ""})

    message = str(unavailable.value)
    for way in ("docker compose up", "apt install openjdk-17-jre-headless maven", "--kafka HOST:PORT", "[java]"):
        assert way in message


def test_java_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable, match=r"needs Java 17 or newer \(/usr/bin/java is Java 11\)"):
        embeddable_broker(JavaSearch(None, ("/usr/bin/java is Java 11",)), tmp_path, MAVEN)


def test_missing_maven_is_named_when_there_is_a_java(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable, match=r"Java 17 is there .* but no Maven"):
        embeddable_broker(JavaSearch(JAVA), tmp_path, None)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"STORE_MONITOR_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/store-monitor")),
        ({}, Path.home() / ".cache" / "store-monitor"),
    ],
)
def test_cache_is_where_the_environment_says(environ: dict[str, str], folder: Path) -> None:
    assert cache_folder(environ) == folder


def test_jars_are_kept_by_version_and_pom() -> None:
    assert jars_folder(Path("/cache")).parent == Path("/cache/kafka")
    assert jars_folder(Path("/cache")).name.startswith("4.3.1-")

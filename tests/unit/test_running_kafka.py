"""Which Kafka a command asks."""

from pathlib import Path

import pytest

from stream_app.errors import StoreMonitorError
from stream_app.local.running_kafka import NoKafkaNamedError, find_kafka
from stream_app.local.state_directory import StateDirectory

OTHER = {"KAFKA_BROKERS": "other:9092"}


def say(path: Path, brokers: str) -> None:
    directory = StateDirectory.claim(path)
    directory.say_kafka(brokers)
    directory.close()


def test_the_flag_comes_before_the_state_directory_and_that_before_the_environment(tmp_path: Path) -> None:
    say(tmp_path, "127.0.0.1:4711")

    assert find_kafka("flag:1", tmp_path, OTHER) == "flag:1"
    assert find_kafka(None, tmp_path, OTHER) == "127.0.0.1:4711"
    assert find_kafka(None, tmp_path / "idle", OTHER) == "other:9092"
    assert find_kafka(None, None, OTHER) == "other:9092"


def test_the_only_running_one_is_found_and_of_several_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoKafkaNamedError, match="--kafka HOST:PORT"):
        find_kafka(None, None, {})

    say(Path(".store-monitor/one"), "127.0.0.1:1")
    assert find_kafka(None, None, {}) == "127.0.0.1:1"

    say(Path(".store-monitor/two"), "127.0.0.1:2")
    with pytest.raises(StoreMonitorError, match="several are running"):
        find_kafka(None, None, {})


def test_an_up_that_has_ended_is_not_running(tmp_path: Path) -> None:
    say(tmp_path, "127.0.0.1:4711")
    directory = StateDirectory.claim(tmp_path)

    directory.forget_run()
    directory.close()

    with pytest.raises(NoKafkaNamedError):
        find_kafka(None, tmp_path, {})

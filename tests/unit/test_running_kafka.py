"""Which Kafka a command asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stream_app.local.running_directories import SeveralRunningError
from stream_app.local.running_kafka import NoKafkaNamedError, find_kafka
from stream_app.local.state_directory import StateDirectory

OTHER = {"KAFKA_BROKERS": "other:9092"}


@contextmanager
def running(path: Path, brokers: str) -> Iterator[None]:
    """A state directory as an `up` has it while it runs."""
    directory = StateDirectory.claim(path)
    directory.say_kafka(brokers)
    try:
        yield
    finally:
        directory.close()


def test_the_flag_comes_before_the_state_directory_and_that_before_the_environment(tmp_path: Path) -> None:
    with running(tmp_path, "127.0.0.1:4711"):
        assert find_kafka("flag:1", tmp_path, OTHER) == "flag:1"
        assert find_kafka(None, tmp_path, OTHER) == "127.0.0.1:4711"
        assert find_kafka(None, None, OTHER) == "other:9092"


def test_a_state_directory_that_is_named_never_means_another_kafka(tmp_path: Path) -> None:
    with pytest.raises(NoKafkaNamedError, match="idle"):
        find_kafka(None, tmp_path / "idle", OTHER)


def test_the_only_running_one_is_found_and_of_several_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoKafkaNamedError, match="--kafka HOST:PORT"):
        find_kafka(None, None, {})

    with running(Path(".store-monitor/one"), "127.0.0.1:1"):
        assert find_kafka(None, None, {}) == "127.0.0.1:1"

        with (
            running(Path(".store-monitor/two"), "127.0.0.1:2"),
            pytest.raises(SeveralRunningError, match=r"one, .*two"),
        ):
            find_kafka(None, None, {})


def test_what_a_killed_up_left_behind_is_not_asked(tmp_path: Path) -> None:
    with running(tmp_path, "127.0.0.1:4711"):
        pass

    assert (tmp_path / "kafka.json").exists()
    with pytest.raises(NoKafkaNamedError):
        find_kafka(None, tmp_path, {})

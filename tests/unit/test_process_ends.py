"""How a process says why it ended, and whether another start may help."""

import subprocess
import sys

import pytest
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    NotLeaderForPartitionError,
    ProducerFenced,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from stream_app.database import DatabaseDamagedError
from stream_app.errors import BrokerUnreachableError, ConfigurationError, StateError, UnmendableStateError
from stream_app.process_ends import EXIT_FAILED, EXIT_UNMENDABLE, exit_code_of


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("REPORT_POLICY is no policy"),
        UnmendableStateError("the state table is in format 9"),
        TopicAuthorizationFailedError("store-polls"),
        GroupAuthorizationFailedError("store-monitor"),
        TransactionalIdAuthorizationFailed("store-monitor-0"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_that_the_next_start_would_meet_again_is_unmendable(error: Exception) -> None:
    assert exit_code_of(error) == EXIT_UNMENDABLE


@pytest.mark.parametrize(
    "error",
    [
        BrokerUnreachableError("127.0.0.1:9092"),
        DatabaseDamagedError(0, "block checksum mismatch"),
        StateError("Kafka took a batch without saying at which offset"),
        KafkaConnectionError("connection reset"),
        NotLeaderForPartitionError("store-polls"),
        ProducerFenced("store-monitor-0"),
        ValueError("nobody has thought of it"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_that_may_have_passed_at_the_next_start_is_worth_one(error: Exception) -> None:
    assert exit_code_of(error) == EXIT_FAILED


def test_a_bad_setting_ends_a_worker_with_its_code_and_one_line_that_says_why() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "stream_app"], env={"RETENTION_DAYS": "1"}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == EXIT_UNMENDABLE
    (line,) = ended.stderr.splitlines()
    assert line.startswith("store-monitor worker: settings that can't be used: RETENTION_DAYS='1'")

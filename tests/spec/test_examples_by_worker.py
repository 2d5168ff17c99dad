"""What a worker keeps of old polls, and of calendars that replace each other, comes to the same from a real RocksDB."""

import json
from pathlib import Path

import pytest

from tests.spec import bad_data, product, versions
from tests.spec.example import STORE, Example
from tests.spec.expected import check
from tests.support.partition_log import CALENDARS, CheckpointedPartition, SourceLog

SUBJECTS = (bad_data.TOO_NEW_OR_OLD, versions.MESSAGES)
EXAMPLES = [example for subject in SUBJECTS for example in subject.examples if not example.taken_at]


@pytest.mark.parametrize("other_first", [True, False], ids=["range moved before", "range moved after"])
@pytest.mark.parametrize("example", [pytest.param(example, id=example.name) for example in EXAMPLES])
def test_worker_keeps_what_the_example_needs(example: Example, tmp_path: Path, *, other_first: bool) -> None:
    log = log_of(example, other_first=other_first)
    partition = CheckpointedPartition(log, tmp_path / "table.db")

    for topic, records in log.records.items():
        for _ in records:  # a checkpoint and a restart after each
            partition.read(topic, 1)
            partition.checkpoint()
            partition.kill()

    check(example, product.report_of(example, partition.content()))
    assert [json.loads(value)["reason"] for _, value in partition.dead_letters] == list(example.rejections)
    partition.close()


def log_of(example: Example, *, other_first: bool) -> SourceLog:
    """The topics as they stand when another store is polled first, or last."""
    log = SourceLog()
    other = [("other", "active", f"{example.newest_elsewhere or example.as_of}:00")]
    log.add_polls([*(other if other_first else []), *example.poll_rows, *([] if other_first else other)])
    if example.messages:
        for message in example.messages:
            log.append(CALENDARS, STORE.encode(), product.message_value(message))
    else:
        log.add_calendars(example.hours_rows, example.zone_rows)
    return log

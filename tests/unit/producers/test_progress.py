"""Counting a replay, and the progress file."""

from pathlib import Path

import numpy as np
import pytest

from producers.progress import TELL_EVERY_S, Counts, Progress, ProgressFile, ended
from producers.rejected_rows import RejectedRow
from stream_app.domain.rejection import Reason, Rejected
from stream_app.errors import StateError, StoreMonitorError, UsageError
from stream_app.replay_progress import InputSummary, ReplayProgress, read_progress, write_progress

BEGUN = ReplayProgress("running", 0, 0, 0, {}, None, None, None)


class Listener:
    """A watcher that keeps what it was told."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def tell(self, counts: Counts) -> None:
        self.states.append(counts.state)


def test_the_file_reads_back_and_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    write_progress(path, BEGUN)
    progress = ReplayProgress("failed", 3, 1, 1, {"bad_day": 1}, "2023-01-22T12:00:00+00:00", None, "no Kafka")
    write_progress(path, progress)
    assert read_progress(path) == progress
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_is_no_progress(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "progress.json") is None


def test_another_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text("{}")
    with pytest.raises(StateError, match=r"progress.json is not the progress file"):
        read_progress(path)


def test_a_progress_file_in_no_folder_is_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        ProgressFile.at(tmp_path / "none" / "progress.json")


def test_the_file_says_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    progress = Progress([ProgressFile.at(path)])
    with ended(progress):
        assert read_progress(path) == BEGUN
        rejected = RejectedRow("store_status.csv", 2, b"", Rejected(Reason.UNKNOWN_STATUS, ""))
        progress.counts.add_rows(3, [rejected])
        progress.counts.add_times(np.array([5_000_000, 2_000_001], np.int64))
        progress.counts.add_times(np.array([3_000_000], np.int64))
        progress.counts.polls_sent = 2
    assert read_progress(path) == ReplayProgress(
        "done",
        3,
        2,
        0,
        {"unknown_status": 1},
        "1970-01-01T00:00:01+00:00",
        "1970-01-01T00:00:02.500000+00:00",
        None,
        InputSummary(None, None, None),
    )


def test_watchers_are_told_at_most_every_so_often() -> None:
    listener, now = Listener(), [0.0]
    progress = Progress([listener], clock=lambda: now[0])
    for now[0] in (0.0, TELL_EVERY_S / 2, TELL_EVERY_S, TELL_EVERY_S * 1.5):
        progress.tick()
    assert len(listener.states) == 2


@pytest.mark.parametrize(
    ("error", "message"),
    [(StoreMonitorError("no Kafka"), "no Kafka"), (ZeroDivisionError("a defect"), "it ended unexpectedly")],
)
def test_the_file_says_failed_however_the_replay_failed(tmp_path: Path, error: Exception, message: str) -> None:
    path = tmp_path / "progress.json"
    with pytest.raises(type(error)), ended(Progress([ProgressFile.at(path)])):
        raise error
    written = read_progress(path)
    assert written is not None
    assert (written.state, written.error) == ("failed", message)

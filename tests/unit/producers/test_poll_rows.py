"""Rows of polls, the bad ones among them."""

from pathlib import Path

import pytest

from producers.input_kinds import POLLS
from producers.input_table import InputTable
from producers.poll_rows import PollRows, PollsInOrder, read_polls
from producers.rejected_rows import RejectedRow
from producers.sample_bad_rows import BAD_POLLS
from stream_app.dead_letters import MAX_RAW_BYTES, FileSource, RowLayout, decode_dead_letter
from stream_app.domain.instant import parse_time
from stream_app.domain.poll import observation
from stream_app.domain.rejection import Reason, Rejected

GOOD = "8419537941919820732,active,2023-01-22 12:09:39.388884 UTC"


def polls(path: Path, *rows: str) -> list[PollRows]:
    file = path / "store_status.csv"
    text = "\n".join(("store_id,status,timestamp_utc", *rows)) + "\n"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return list(read_polls(InputTable.check(file, POLLS)))


def micros(time: str) -> int:
    parsed = parse_time(time)
    assert isinstance(parsed, int)
    return parsed


@pytest.mark.parametrize(
    "time",
    [
        "2023-01-22 12:09:39.388884 UTC",
        "2023-01-22T12:09:39.388884Z",
        "2023-01-22 12:09:39.388884+00:00",
        "2023-01-22 12:09:39.388884999",
        "2023-01-22 13:39:39.388884+01:30",
    ],
)
def test_every_spelling_of_a_time_is_the_same_poll(tmp_path: Path, time: str) -> None:
    (read,) = polls(tmp_path, f"1,inactive,{time}")
    assert read.observations.tolist() == [observation(1674389379388884, is_active=False)]


def test_spaces_around_ids_and_statuses_are_stripped(tmp_path: Path) -> None:
    (read,) = polls(tmp_path, " 8.4E+18 , active ,2023-01-22 12:09:39 UTC")
    assert (read.store_ids, read.rejected) == (["8.4E+18"], [])


@pytest.mark.parametrize(("row", "reason"), BAD_POLLS)
def test_a_bad_row_is_rejected_with_its_line_and_bytes_and_the_others_are_taken(
    tmp_path: Path, row: str, reason: Reason
) -> None:
    (read,) = polls(tmp_path, GOOD, "", row, GOOD)
    (rejected,) = read.rejected
    assert (rejected.file, rejected.line, rejected.reason) == ("store_status.csv", 4, reason)
    assert rejected.raw == row.encode("utf-8", "surrogateescape")
    assert read.store_ids == ["8419537941919820732"] * 2
    assert read.count == 3


def test_a_dead_letter_says_file_line_reason_and_raw_row(tmp_path: Path) -> None:
    ((rejected,),) = [read.rejected for read in polls(tmp_path, "1,closed,2023-01-22 12:09:39 UTC")]
    letter = decode_dead_letter(rejected.dead_letter(0.0)[1])
    assert letter.source == FileSource("store_status.csv", 2)
    assert (letter.reason, letter.raw) == ("unknown_status", "1,closed,2023-01-22 12:09:39 UTC")
    assert letter.layout == RowLayout("polls", {"store_id": 0, "status": 1, "timestamp_utc": 2})


def test_a_dead_letter_of_a_huge_row_still_fits_a_message() -> None:
    row = RejectedRow("a.csv", 2, b"\x01" * 5_000_000, Rejected(Reason.MISSING_VALUE, ""))
    letter = decode_dead_letter(row.dead_letter(0.0)[1])

    assert len(row.dead_letter(0.0)[1]) < 500_000
    assert (len(letter.raw), letter.raw_bytes) == (MAX_RAW_BYTES, 5_000_000)


def test_polls_in_order_are_ordered_by_time_and_stay_so_within_one(tmp_path: Path) -> None:
    times = ["2023-01-22 12:00:01 UTC", "2023-01-22 12:00:00 UTC", "2023-01-22 12:00:01 UTC"]
    ordered = PollsInOrder.of(polls(tmp_path, *(f"{row},inactive,{time}" for row, time in enumerate(times))))
    assert ordered.store_ids == ["1", "0", "2"]
    assert (ordered.observations >> 1).tolist() == sorted(micros(time) for time in times)


def test_no_polls_are_in_order() -> None:
    assert PollsInOrder.of([]).store_ids == []

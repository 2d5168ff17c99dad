"""Rows of files out of dead letters, read again without their header."""

from pathlib import Path

import msgspec
import pytest

from producers.input_kinds import POLLS
from producers.input_table import InputTable
from producers.poll_rows import read_polls
from stream_app.codec.records import decode_polls
from stream_app.dead_letters import decode_dead_letter
from stream_app.local.second_look import Limits, Sendable, look_again
from stream_app.settings import Settings
from stream_app.topics import topics_of

TOPICS = topics_of(Settings())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_row_is_read_again_whatever_separated_its_cells(tmp_path: Path, separator: str, encoding: str) -> None:
    path = tmp_path / "polls.csv"
    rows = [["x", "timestamp_utc", "store_id", "status"], ['"a;b,c\t|"', "2023-01-25 12:00:00", "ü", "on"]]
    path.write_text("\n".join(separator.join(row) for row in rows), encoding)
    (polls,) = read_polls(InputTable.check(path, POLLS))
    letter = decode_dead_letter(polls.rejected[0].dead_letter(0)[1])
    corrected = msgspec.structs.replace(letter, raw=letter.raw.replace(f"{separator}on", f"{separator}active"))

    again = look_again(corrected, TOPICS, Limits(2**60, 0))

    assert isinstance(again, Sendable)
    decoded = decode_polls([again.value])
    assert decoded.store_ids == ["ü"]
    assert decoded.observations.tolist() == [1_674_648_000_000_000 << 1]

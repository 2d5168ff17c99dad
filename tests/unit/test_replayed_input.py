"""Which inputs may go into a state directory, and what is said of those that were there before."""

import json
import shutil
from pathlib import Path

import pytest

from producers.input_files import InputFiles, find_input_files
from stream_app.local.replayed_input import (
    OtherInputError,
    check_place,
    is_of_unknown_place,
    kept_calendars,
    kept_polls,
    replayed_now,
)
from stream_app.local.state_directory import Replayed, StateDirectory

STATE = Path("/state")
HEADER = "store_id,status,timestamp_utc\n"


def an_input(folder: Path, rows: str = "a,active,2024-03-08 12:00:00 UTC\n") -> Replayed:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "store_status.csv").write_text(HEADER + rows)
    return note_of(folder)


def note_of(folder: Path) -> Replayed:
    return replayed_now(folder, find_input_files(folder, InputFiles()))


def test_another_folder_of_the_same_name_is_refused_with_both_named(tmp_path: Path) -> None:
    first, second = an_input(tmp_path / "a" / "data"), an_input(tmp_path / "b" / "data", "b,active,2024-03-08 13:00\n")

    with pytest.raises(OtherInputError) as refused:
        check_place(STATE, [first], second)

    for told in (
        str(STATE),
        str(tmp_path / "a" / "data"),
        str(tmp_path / "b" / "data"),
        "--state-dir",
        "--fresh",
        "--add",
    ):
        assert told in str(refused.value)


def test_the_same_folder_with_corrected_files_is_taken(tmp_path: Path) -> None:
    first = an_input(tmp_path / "data")
    corrected = an_input(tmp_path / "data", "a,inactive,2024-03-08 12:00:00 UTC\n")

    check_place(STATE, [first], corrected)

    assert corrected.digest != first.digest


def test_a_folder_that_was_moved_is_known_by_its_files(tmp_path: Path) -> None:
    first = an_input(tmp_path / "data")
    shutil.move(tmp_path / "data", tmp_path / "elsewhere")

    check_place(STATE, [first], note_of(tmp_path / "elsewhere"))


def test_a_link_is_the_folder_that_it_leads_to(tmp_path: Path) -> None:
    first = an_input(tmp_path / "data")
    (tmp_path / "link").symlink_to(tmp_path / "data")

    assert note_of(tmp_path / "link").place == first.place


def test_an_input_that_was_added_is_one_of_the_directory_s_from_then_on(tmp_path: Path) -> None:
    first, second = an_input(tmp_path / "a"), an_input(tmp_path / "b", "b,active,2024-03-08 13:00\n")
    changed = an_input(tmp_path / "b", "c,active,2024-03-08 13:00\n")

    check_place(STATE, [first, second], changed)


def test_a_directory_of_the_time_without_places_takes_the_next_input(tmp_path: Path) -> None:
    old = Replayed("data", "0" * 64)
    new = an_input(tmp_path / "data")

    check_place(STATE, [old], new)

    assert is_of_unknown_place([old])
    assert not is_of_unknown_place([old, new])
    assert not is_of_unknown_place([])


def test_places_are_kept_and_an_older_note_of_the_same_files_gets_one(tmp_path: Path) -> None:
    directory = StateDirectory.claim(tmp_path)
    (tmp_path / "replayed.json").write_text(json.dumps([{"source": "data", "digest": "x", "first_poll": "2024-03-08"}]))

    directory.remember(Replayed("data", "x", place="/a/data"))
    directory.remember(Replayed("copy", "x", place="/b/data"))
    directory.close()

    assert [entry.place for entry in directory.replayed()] == ["/a/data", "/b/data"]


def test_polls_that_stay_are_told_by_their_span() -> None:
    others = [Replayed("a", "1", "2024-03-08", "2024-03-09"), Replayed("b", "2", None, None)]

    assert kept_polls(STATE, others) == (
        "/state already holds polls from 2024-03-08 to 2024-03-09 (a, b); they count too. --fresh starts without them."
    )


def test_calendars_that_no_row_replaced_are_told_by_their_stores() -> None:
    before = {store: (0, offset) for offset, store in enumerate((b"a", b"b\x1b", b"c", b"d", b"sent-again"))}

    told = kept_calendars(STATE, before, {**before, b"sent-again": (0, 9), b"new": (0, 10)})

    assert told == (
        "/state keeps the hours and zones from before for 4 stores of which this input has neither: "
        "a, b\\x1b, c, …. They hold on; --fresh starts without them."
    )


def test_nothing_is_said_where_every_calendar_was_sent_again() -> None:
    assert kept_calendars(STATE, {b"a": (0, 1)}, {b"a": (0, 2)}) is None

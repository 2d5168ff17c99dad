"""Workbooks as the CSV that they stand for."""

import importlib.util
from pathlib import Path

import pytest

from producers.input_errors import UnreadableInputError, WorkbookSupportError
from producers.input_files import InputFiles, find_input_files
from producers.input_kinds import HOURS, POLLS, InputKind
from producers.input_table import InputTable
from producers.poll_rows import read_polls
from tests.support.workbook import DATE, DURATION, TIME_OF_DAY, Cell, Number, workbook

POLL_HEADER = ["store_id", "status", "timestamp_utc"]
HOURS_HEADER = ["store_id", "day", "start_time_local", "end_time_local"]
NOON = Number("44951.5", DATE)  # 2023-01-25 12:00


def table(path: Path, content: bytes, kind: InputKind = POLLS) -> InputTable:
    path.write_bytes(content)
    return InputTable.check(path, kind)


def columns(table: InputTable) -> list[tuple[list[str], ...]]:
    return [chunk.columns for chunk in table.chunks()]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Number("44951.5069444444", DATE), "2023-01-25 12:10:00"),
        (Number("44951.5069491088", DATE), "2023-01-25 12:10:00.403000"),
        (Number("44951", DATE), "2023-01-25 00:00:00"),
        ("2023-01-25 12:10:00.388884 UTC", "2023-01-25 12:10:00.388884 UTC"),
    ],
)
def test_a_cell_with_a_date_is_its_time(tmp_path: Path, cell: Cell, text: str) -> None:
    source = table(tmp_path / "a.xlsx", workbook([POLL_HEADER, ["1", "active", cell]]))
    assert columns(source) == [(["1"], ["active"], [text])]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Number("0.375", TIME_OF_DAY), "09:00:00"),
        (Number("0.99998842592592593", TIME_OF_DAY), "23:59:59"),
        (Number("0", TIME_OF_DAY), "00:00:00"),
        (Number("1", TIME_OF_DAY), "00:00:00"),
        (Number("1.375", TIME_OF_DAY), "09:00:00"),
        (Number("1", DURATION), "24:00:00"),
        ("09:00:00", "09:00:00"),
    ],
)
def test_a_cell_with_a_time_of_day_is_hours_minutes_and_seconds(tmp_path: Path, cell: Cell, text: str) -> None:
    source = table(tmp_path / "a.xlsx", workbook([HOURS_HEADER, ["1", Number("6"), cell, "23:00"]]), HOURS)
    assert columns(source) == [(["1"], ["6"], [text], ["23:00"])]


def test_ids_are_text_and_short_numbers_keep_their_digits(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        [cell, "active", NOON] for cell in ("007", "8419537941919820732", Number("123456789012345"))
    ]
    (chunk,) = table(tmp_path / "a.xlsx", workbook([POLL_HEADER, *rows])).chunks()
    assert chunk.columns[0] == ["007", "8419537941919820732", "123456789012345"]


@pytest.mark.parametrize("number", ["8.41953794191982E+18", "8419537941919820732", "1000000000000000", "-1E+300"])
def test_an_id_that_has_lost_digits_stops_the_whole_file_before_anything_is_sent(tmp_path: Path, number: str) -> None:
    content = workbook([POLL_HEADER, ["1", "active", NOON], [Number(number), "active", NOON]])
    with pytest.raises(UnreadableInputError, match=r"a.xlsx can't be read: row 3 has the store_id .* as a number"):
        table(tmp_path / "a.xlsx", content)


def test_a_large_number_in_another_column_is_no_id(tmp_path: Path) -> None:
    content = workbook([[*POLL_HEADER, "check_id"], ["1", "active", NOON, Number("1E+18")]])
    assert columns(table(tmp_path / "a.xlsx", content)) == [(["1"], ["active"], ["2023-01-25 12:00:00"])]


def test_rows_of_a_workbook_have_the_numbers_that_excel_shows(tmp_path: Path) -> None:
    content = workbook([[], POLL_HEADER, [], ["1", "on", NOON]])
    (polls,) = read_polls(table(tmp_path / "a.xlsx", content))
    (rejected,) = polls.rejected
    assert (rejected.file, rejected.line, rejected.raw) == ("a.xlsx", 4, b"1,on,2023-01-25 12:00:00")


def test_a_workbook_is_known_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "Export").write_bytes(workbook([POLL_HEADER, ["1", "active", NOON]]))
    assert find_input_files(tmp_path, InputFiles()) == InputFiles(polls=tmp_path / "Export")


def test_of_several_sheets_with_rows_all_are_named(tmp_path: Path) -> None:
    content = workbook([POLL_HEADER], {"Hours": [HOURS_HEADER], "Empty": []})
    with pytest.raises(UnreadableInputError, match=r"Sheet1, Hours\. Save each as CSV"):
        table(tmp_path / "a.xlsx", content)


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0" + bytes(600), workbook([POLL_HEADER])[:-30]])
def test_a_damaged_workbook_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableInputError, match=r"a.xlsx can't be read"):
        table(tmp_path / "a.xlsx", content)


def test_without_the_extra_the_error_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "store_status.csv").write_text("store_id,status,timestamp_utc\n1,active,2023-01-25 12:00:00\n")
    (tmp_path / "hours.xlsx").write_bytes(workbook([HOURS_HEADER]))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WorkbookSupportError, match=r"hours.xlsx can't be read: .*pip install 'store-monitor\[xlsx\]'"):
        find_input_files(tmp_path, InputFiles())

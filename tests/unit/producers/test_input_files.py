"""Which files of a directory are the input, and what is said of the others."""

import gzip
import os
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from producers.input_errors import MissingColumnsError, UnreadableInputError
from producers.input_files import InputFiles, find_input_files
from stream_app.errors import UsageError
from tests.support.workbook import workbook

POLLS = "store_id,status,timestamp_utc\n1,active,2023-01-25 12:00:00 UTC\n"
HOURS = "store_id,day,start_time_local,end_time_local\n1,0,09:00,17:00\n"
ZONES = "store_id,timezone_str\n1,UTC\n"
TEXTS = {"polls": POLLS, "hours": HOURS, "zones": ZONES}


def write(directory: Path, **texts: str) -> None:
    """Write one file of each kind under its usual name, or as told."""
    for name, text in texts.items():
        (directory / f"{name}.csv").write_text(text)


def zipped(**texts: str) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.csv", text)
    return written.getvalue()


def of_kind(kind: str, path: Path) -> InputFiles:
    """The file as the only one, of a kind."""
    files: dict[str, Path | None] = dict.fromkeys(("polls", "hours", "zones")) | {kind: path}
    return InputFiles(files["polls"], files["hours"], files["zones"])


def found(directory: Path) -> InputFiles:
    return find_input_files(directory, InputFiles())


@pytest.mark.parametrize("kind", ["polls", "hours", "zones"])
@pytest.mark.parametrize(
    "name",
    [
        "store_status.csv",
        "store status.csv",
        "Menu hours.csv",
        "MENU_HOURS.CSV",
        "bq-results-20230125-202210-1674678181880.csv",
        "store_timezone.csv",
        "store_status (1).csv",
        "Kopie von polls.csv",
        "x.csv.txt",
        "x.tsv",
        "x.csv.gz",
        "x.zip",
        "x.log",
        "no ending",
        "ünï ☕.csv",
    ],
)
def test_the_header_tells_what_a_file_is_whatever_it_is_called(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    for content in (TEXTS[kind].encode(), gzip.compress(TEXTS[kind].encode()), zipped(inner=TEXTS[kind])):
        path.write_bytes(content)
        assert found(tmp_path) == of_kind(kind, path)
        assert found(tmp_path).notes == ()


@pytest.mark.parametrize("kind", ["polls", "hours", "zones"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("menu_hours.csv", "store_hours.csv"),
        ("Menu_Hours.csv", "menu_hours.csv"),
        ("a (1).csv", "a.csv"),
        ("a.csv", "a.csv.gz"),
        ("a.csv", "b"),
    ],
)
def test_two_files_of_one_kind_are_bad_usage_that_names_both(
    tmp_path: Path, kind: str, first: str, second: str
) -> None:
    write(tmp_path, **{other: text for other, text in TEXTS.items() if other != kind})
    for name in (first, second):
        (tmp_path / name).write_text(TEXTS[kind])
    with pytest.raises(UsageError, match=r"several files of .*\. Leave one, or choose with --") as caught:
        found(tmp_path)
    assert f"{first} and {second}" in str(caught.value)


def test_a_given_file_settles_which_of_two_it_is_and_the_other_is_named(tmp_path: Path) -> None:
    write(tmp_path, menu_hours=HOURS, store_hours=HOURS, store_status=POLLS)
    files = find_input_files(tmp_path, InputFiles(hours=tmp_path / "store_hours.csv"))
    assert files == InputFiles(tmp_path / "store_status.csv", tmp_path / "store_hours.csv")
    assert files.notes == ("menu_hours.csv is not used: --hours names another file of hours",)


def test_files_can_be_given_without_a_directory(tmp_path: Path) -> None:
    given = InputFiles(zones=tmp_path / "any.csv")
    assert find_input_files(None, given) == given


def test_a_pipe_that_is_given_is_not_read_to_find_the_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # whose opening would wait for a writer
    given = InputFiles(tmp_path / "pipe")
    assert find_input_files(None, given) == given


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("stores.csv", b"store_id,name\n1,Joe's\n", ["its columns (store_id, name)", "timezone_str"]),
        ("notes", b"Store ID;Name\n1;Joe\n", ["its columns (Store ID, Name)"]),
        ("regions.txt", b"region,owner\nnorth,Ann\n", ["its columns (region, owner)"]),
        ("empty.csv", b"", ["it is empty"]),
        ("blank.tsv", b"\n\n", ["it is empty"]),
        ("polls.parquet", b"PAR1\0\5\x15\4", ["no table of text. Save it as CSV"]),
        ("polls.csv.zst", b"\x28\xb5\x2f\xfd\0\1", ["Save it as CSV"]),
        ("cut.gz", gzip.compress(POLLS.encode(), mtime=0)[:12], ["is not used", "ended"]),
        ("two.zip", zipped(a=POLLS, b=HOURS), ["several files (a.csv, b.csv). Unpack it"]),
        ("book.xlsx", workbook([["store_id", "owner"]]), ["its columns (store_id, owner)"]),
    ],
)
def test_a_file_that_looks_like_data_and_is_not_used_is_named_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, words: Sequence[str]
) -> None:
    write(tmp_path, **TEXTS)
    (tmp_path / name).write_bytes(content)
    (note,) = found(tmp_path).notes
    assert note.startswith(f"{name} is not used: ")
    for word in words:
        assert word in note


@pytest.mark.parametrize("kind", ["polls", "hours", "zones"])
@pytest.mark.parametrize("is_given", [False, True])
def test_a_file_with_a_header_alone_is_named(tmp_path: Path, kind: str, *, is_given: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXTS[kind].split("\n")[0] + "\n\n")
    given = of_kind(kind, path)
    files = find_input_files(None, given) if is_given else found(tmp_path)
    assert files == given
    assert files.notes == (f"a.csv has a header and no rows: there are no {kind} in it",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("README.md", b"store_id, or so\n"),
        ("README.txt", b"Got (rc 0, not one word):\nshop,40\nexpected, more, of, this\n"),
        ("LICENSE", b"Permission is granted, free of charge,\nto anyone.\n"),
        (".DS_Store", b"\0\0\0\1Bud1"),
        (".hidden.csv", POLLS.encode()),
        ("~$polls.xlsx", b"\x05Ann"),
        ("picture.PNG", b"\x89PNG\r\n\x1a\n"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
        ("report.csv", b"store_id,uptime_last_hour,uptime_last_day\n1,60,24.0\n"),
        ("sample.json", b"{}"),
        ("binary", bytes(range(256)) * 1000),
        ("one_line", b"x" * 1_000_000),
    ],
)
def test_a_file_that_is_plainly_something_else_passes_in_silence(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path, **TEXTS)
    (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder", more=POLLS)
    assert found(tmp_path).notes == ()


def test_data_that_lies_a_folder_further_down_is_hinted_at(tmp_path: Path) -> None:
    (tmp_path / "january").mkdir()
    write(tmp_path / "january", hours=HOURS, polls=POLLS)
    with pytest.raises(UsageError, match=r"holds no input file(?s:.*)january holds hours.csv, polls.csv, not used"):
        found(tmp_path)
    write(tmp_path, polls=POLLS)
    (note,) = found(tmp_path).notes
    assert "january holds hours.csv, not used" in note


def test_a_file_with_the_usual_name_of_a_missing_kind_has_to_be_of_it(tmp_path: Path) -> None:
    write(tmp_path, store_status=POLLS)
    (tmp_path / "Timezones.CSV").write_text("store_id,zone_name\n1,UTC\n")
    with pytest.raises(MissingColumnsError, match=r"Timezones.CSV lacks a column. Columns found: store_id, zone_name"):
        found(tmp_path)


def test_a_cut_file_with_the_usual_name_of_a_missing_kind_stops_the_replay(tmp_path: Path) -> None:
    (tmp_path / "menu_hours.csv.gz").write_bytes(gzip.compress(HOURS.encode())[:12])
    with pytest.raises(UnreadableInputError, match=r"menu_hours.csv.gz can't be read"):
        found(tmp_path)


def test_a_file_with_the_columns_of_two_kinds_is_taken_by_its_name_or_as_that_of_more_columns(tmp_path: Path) -> None:
    both = "store_id,status,timestamp_utc,timezone_str\n1,active,2023-01-25 12:00:00,UTC\n"
    write(tmp_path, anything=both)
    files = found(tmp_path)
    assert files == InputFiles(polls=tmp_path / "anything.csv")
    (note,) = files.notes
    assert "has the columns of zones too: give it with --zones" in note
    (tmp_path / "anything.csv").rename(tmp_path / "timezones.csv")
    assert found(tmp_path) == InputFiles(zones=tmp_path / "timezones.csv")


def test_a_directory_without_any_input_file_is_bad_usage_that_says_what_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "other.csv").touch()
    with pytest.raises(UsageError, match=r"no input file\..*start_time_local(?s:.*)other.csv is not used: it is empty"):
        found(tmp_path)


def test_no_input_at_all_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="no input"):
        find_input_files(None, InputFiles())


def test_the_order_in_which_a_directory_lists_its_files_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, b=HOURS, a="store_id,x\n1,2\n", c=POLLS, d="store_id\n1\n")
    files = found(tmp_path)
    listed = list(Path.iterdir(tmp_path))
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(reversed(listed)))
    assert (found(tmp_path), found(tmp_path).notes) == (files, files.notes)

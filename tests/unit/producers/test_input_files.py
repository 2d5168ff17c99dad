"""Which files of a directory are the input."""

from pathlib import Path

import pytest

from producers.input_files import InputFiles, find_input_files
from stream_app.errors import UsageError


def make(directory: Path, *names: str) -> None:
    for name in names:
        (directory / name).touch()


@pytest.mark.parametrize(
    "hours", ["menu_hours.csv", "business_hours.csv", "store_hours.csv", "store_business_hours.csv"]
)
@pytest.mark.parametrize("zones", ["timezones.csv", "store_timezones.csv", "timezone.csv"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_name_is_found_plain_and_compressed(tmp_path: Path, hours: str, zones: str, suffix: str) -> None:
    names = [name + suffix for name in ("store_status.csv", hours, zones)]
    make(tmp_path, *names, "notes.txt")
    assert find_input_files(tmp_path, InputFiles()) == InputFiles(*(tmp_path / name for name in names))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("menu_hours.csv", "store_hours.csv"),
        ("timezones.csv", "timezone.csv.gz"),
        ("store_status.csv", "store_status.csv.gz"),
    ],
)
def test_two_files_of_one_kind_are_bad_usage_that_names_both(tmp_path: Path, first: str, second: str) -> None:
    make(tmp_path, first, second)
    with pytest.raises(UsageError, match=f"{first} and {second}"):
        find_input_files(tmp_path, InputFiles())


def test_a_given_file_settles_which_of_two_it_is(tmp_path: Path) -> None:
    make(tmp_path, "menu_hours.csv", "store_hours.csv", "store_status.csv")
    given = InputFiles(hours=tmp_path / "store_hours.csv")
    assert find_input_files(tmp_path, given) == InputFiles(tmp_path / "store_status.csv", given.hours)


def test_files_can_be_given_without_a_directory(tmp_path: Path) -> None:
    given = InputFiles(zones=tmp_path / "any.csv")
    assert find_input_files(None, given) == given


def test_a_directory_without_any_input_file_is_bad_usage(tmp_path: Path) -> None:
    make(tmp_path, "other.csv")
    with pytest.raises(UsageError, match=r"none of the input files \(store_status.csv, menu_hours.csv"):
        find_input_files(tmp_path, InputFiles())


def test_no_input_at_all_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="no input"):
        find_input_files(None, InputFiles())

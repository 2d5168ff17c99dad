"""Headers, columns, raw rows, compressed files."""

import gzip
from pathlib import Path

import pytest

from producers.input_errors import AmbiguousColumnError, MissingColumnsError, UnreadableInputError, WrongKindError
from producers.input_kinds import HOURS, POLLS, ZONES, InputKind
from producers.input_table import InputTable
from stream_app.dead_letters import RowLayout


def table(path: Path, text: str | bytes, kind: InputKind = POLLS) -> InputTable:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return InputTable.check(path, kind)


def columns(table: InputTable) -> list[tuple[list[str], ...]]:
    return [chunk.columns for chunk in table.chunks()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "input.csv"


@pytest.mark.parametrize(
    "header",
    [
        "store_id,status,timestamp_utc",
        "\ufeffstore_id,status,timestamp_utc",
        " store_id , status,timestamp_utc ",
        '"store_id","status","timestamp_utc"',
        "Store_ID,STATUS,timestamp_UTC",
    ],
)
def test_headers_may_have_a_bom_spaces_quotes_and_capitals(path: Path, header: str) -> None:
    assert columns(table(path, f"{header}\n1,active,now\n")) == [(["1"], ["active"], ["now"])]


def test_columns_come_in_any_order_beside_others(path: Path) -> None:
    found = table(path, "region,timestamp_utc,store_id,extra,status\nUS,now,1,x,active\n")
    assert columns(found) == [(["1"], ["active"], ["now"])]


@pytest.mark.parametrize("day", ["day", "dayOfWeek", "day_of_week"])
def test_the_weekday_has_three_names(path: Path, day: str) -> None:
    found = table(path, f"store_id,{day},start_time_local,end_time_local\n1,2,a,b\n", HOURS)
    assert columns(found) == [(["1"], ["2"], ["a"], ["b"])]


@pytest.mark.parametrize("zone", ["timezone_str", "timezone"])
def test_the_zone_has_two_names(path: Path, zone: str) -> None:
    assert columns(table(path, f"store_id,{zone}\n1,UTC\n", ZONES)) == [(["1"], ["UTC"])]


def test_a_missing_column_is_named_with_those_found_and_wanted(path: Path) -> None:
    with pytest.raises(MissingColumnsError) as caught:
        table(path, "store_id,weekday,start_time_local,end_time_local\n", HOURS)
    assert caught.value.found == ("store_id", "weekday", "start_time_local", "end_time_local")
    assert caught.value.wanted[1] == "day or dayOfWeek or day_of_week"
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_lacks_its_columns(path: Path, text: str) -> None:
    with pytest.raises(MissingColumnsError, match="Columns found: none"):
        table(path, text)


def test_two_columns_for_one_thing_are_refused(path: Path) -> None:
    with pytest.raises(AmbiguousColumnError, match="day, dayOfWeek"):
        table(path, "store_id,day,dayOfWeek,start_time_local,end_time_local\n", HOURS)


def test_a_header_alone_has_no_rows(path: Path) -> None:
    assert columns(table(path, "store_id,status,timestamp_utc")) == []


def test_too_few_cells_are_empty_ones(path: Path) -> None:
    found = table(path, "store_id,status,timestamp_utc\n1,active\n2\n3,inactive,now\n")
    assert columns(found) == [(["1", "2", "3"], ["active", "", "inactive"], ["", "", "now"])]


def test_raw_rows_are_the_bytes_of_the_file(path: Path) -> None:
    raw = b'\xff\xfe,"a\r\nb",\xc3\xa9'
    (chunk,) = table(path, b"store_id,status,timestamp_utc\r\n\r\n" + raw + b"\r\nlast,,").chunks()
    assert [chunk.raw(0), chunk.raw(1)] == [raw, b"last,,"]
    assert chunk.rows.numbers == [3, 5]


def test_a_compressed_file_reads_the_same(tmp_path: Path) -> None:
    text = "store_id,status,timestamp_utc\n" + "1,active,now\n" * 50_000
    plain = columns(table(tmp_path / "a.csv", text))
    assert columns(table(tmp_path / "a.csv.gz", gzip.compress(text.encode()))) == plain


@pytest.mark.parametrize("cut", [slice(0, 200), slice(5, None), slice(0, 9)])
def test_a_damaged_compressed_file_is_named(tmp_path: Path, cut: slice) -> None:
    rows = "".join(f"{row},active,now\n" for row in range(1000))
    damaged = gzip.compress(f"store_id,status,timestamp_utc\n{rows}".encode())[cut]
    with pytest.raises(UnreadableInputError, match=r"a.csv.gz can't be read"):
        list(table(tmp_path / "a.csv.gz", damaged).chunks())


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"input.csv can't be read"):
        InputTable.check(path, POLLS)


@pytest.mark.parametrize(
    "header", ["Store ID,Day of week,Start time local,END-TIME-LOCAL", "storeId,day,startTimeLocal,x,endTimeLocal"]
)
def test_headers_may_differ_in_what_parts_their_words(path: Path, header: str) -> None:
    cells = ",".join(name if name == "x" else "1" for name in header.split(","))
    assert columns(table(path, f"{header}\n{cells}\n", HOURS)) == [(["1"], ["1"], ["1"], ["1"])]


def test_a_header_as_documented_goes_before_one_that_is_nearly_so(path: Path) -> None:
    found = table(path, "store id,storeId,store_id,timezone_str\n1,2,3,UTC\n", ZONES)
    assert columns(found) == [(["3"], ["UTC"])]


@pytest.mark.parametrize(
    ("kind", "other", "header"),
    [
        (POLLS, "hours", "store_id,day,start_time_local,end_time_local"),
        (HOURS, "zones", "store_id;timezone_str"),
        (ZONES, "polls", "timestamp_utc\tstatus\tstore_id"),
    ],
)
def test_a_file_of_another_kind_than_it_was_given_as_is_bad_usage(
    path: Path, kind: InputKind, other: str, header: str
) -> None:
    with pytest.raises(WrongKindError, match=f"--{kind.title} .*input.csv: its header is that of {other}"):
        table(path, f"{header}\n", kind)


def test_a_rejected_row_says_how_its_cells_are_separated(path: Path) -> None:
    assert table(path, "status;store_id;timestamp_utc\n").layout == RowLayout(
        "polls", {"store_id": 1, "status": 0, "timestamp_utc": 2}, ";"
    )

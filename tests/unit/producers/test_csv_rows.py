"""Rows out of text: quotes, blank lines, line numbers."""

from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.csv_rows import MAX_LINES_PER_ROW, read_rows

Row = tuple[int, str, list[str]]


def rows_of(text: str, lines_per_chunk: int = 3) -> list[Row]:
    def rows() -> Iterator[Row]:
        for chunk in read_rows(StringIO(text, newline=""), lines_per_chunk):
            yield from zip(chunk.numbers, chunk.raws, chunk.cells, strict=True)

    return list(rows())


def test_rows_have_their_line_number_raw_text_and_cells() -> None:
    assert rows_of('a,b\r\n"1",2\n3') == [(1, "a,b\r\n", ["a", "b"]), (2, '"1",2\n', ["1", "2"]), (3, "3", ["3"])]


def test_blank_lines_are_no_rows_but_are_counted() -> None:
    assert rows_of("a\n\n\nb\n\n") == [(1, "a\n", ["a"]), (4, "b\n", ["b"])]


@pytest.mark.parametrize("lines_per_chunk", [1, 2, 3, 10])
def test_a_quoted_cell_spans_lines(lines_per_chunk: int) -> None:
    text = 'a,"two\nlines",c\nd,e,f\n'
    assert rows_of(text, lines_per_chunk) == [
        (1, 'a,"two\nlines",c\n', ["a", "two\nlines", "c"]),
        (3, "d,e,f\n", ["d", "e", "f"]),
    ]


@pytest.mark.parametrize("lines_per_chunk", [1, 2, 1000])
def test_a_quote_that_is_never_closed_swallows_no_row(lines_per_chunk: int) -> None:
    text = '1,"active\n' + "2,active\n" * 2 * MAX_LINES_PER_ROW
    rows = rows_of(text, lines_per_chunk)
    assert rows[0] == (1, '1,"active\n', ["1", "active\n"])
    assert [row[2] for row in rows[1:]] == [["2", "active"]] * 2 * MAX_LINES_PER_ROW


def test_a_quote_closed_by_a_later_stray_one_swallows_no_row() -> None:
    rows = rows_of('1,"active\n2,active\n3,"active\n4,active\n')
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert rows[1][2] == ["2", "active"]


def test_a_cell_of_any_length_is_a_cell() -> None:
    long = "x" * 200_000
    assert rows_of(f"1,{long}\n2,b\n") == [(1, f"1,{long}\n", ["1", long]), (2, "2,b\n", ["2", "b"])]


@given(st.text(alphabet='a,"\n\r ', max_size=40), st.integers(1, 5))
def test_every_character_is_in_one_row_or_in_a_blank_line_however_the_text_is_chunked(text: str, chunk: int) -> None:
    rows = rows_of(text, chunk)
    assert rows == rows_of(text, 1000)
    rest = text
    for _, raw, _ in rows:
        blank, found, rest = rest.partition(raw)
        assert found
        assert not blank.strip("\r\n")
    assert not rest.strip("\r\n")

"""Rows of a CSV text: their cells, their raw text, and the line each begins on."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

LINES_PER_CHUNK = 20_000
MAX_LINES_PER_ROW = 100


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, column by column: line numbers (the text's first line is 1), raw texts, cells. Blank lines are no rows."""

    numbers: list[int]
    raws: list[str]
    cells: list[list[str]]

    def without_first(self) -> "Rows":
        """The rows behind the first, which is the header."""
        return Rows(self.numbers[1:], self.raws[1:], self.cells[1:])


def read_rows(text: Iterator[str], lines_per_chunk: int = LINES_PER_CHUNK) -> Iterator[Rows]:
    """The rows of the lines of a text, in chunks.

    A quoted cell may span lines. A row whose quotes are broken, or never closed within MAX_LINES_PER_ROW lines, is its
    first line alone: otherwise one stray quote would swallow the good rows behind it.
    """
    lines = _Lines(text)
    while ahead := lines.take(lines_per_chunk):
        first = lines.number - len(ahead) + 1
        rows = _one_row_a_line(first, ahead)
        if rows is None:
            lines.give_back(ahead)
            rows = _row_by_row(lines, len(ahead))
        if rows.cells:
            yield rows


class _Lines:
    """The lines of a text, counted; lines that were taken too soon can be given back."""

    def __init__(self, text: Iterator[str]) -> None:
        self._text = text
        self._given_back: deque[str] = deque()
        self.number = 0  # of the line taken last

    def take(self, count: int) -> list[str]:
        again = [self._given_back.popleft() for _ in range(min(count, len(self._given_back)))]
        taken = again + list(islice(self._text, count - len(again)))
        self.number += len(taken)
        return taken

    def give_back(self, lines: list[str]) -> None:
        self._given_back.extendleft(reversed(lines))
        self.number -= len(lines)


def _one_row_a_line(first: int, lines: list[str]) -> Rows | None:
    """The rows of lines at C speed; None where some row spans lines or its quotes are broken."""
    try:
        cells = list(csv.reader(lines, strict=True))
    except csv.Error:
        return None
    if len(cells) != len(lines):
        return None
    numbers = list(range(first, first + len(lines)))
    if all(cells):
        return Rows(numbers, lines, cells)
    return _without_blanks(Rows(numbers, lines, cells))


def _without_blanks(rows: Rows) -> Rows:
    kept = [row for row in zip(rows.numbers, rows.raws, rows.cells, strict=True) if row[2]]
    return Rows([row[0] for row in kept], [row[1] for row in kept], [row[2] for row in kept])


def _row_by_row(lines: _Lines, count: int) -> Rows:
    """The rows that begin within the next `count` lines."""
    rows = Rows([], [], [])
    end = lines.number + count
    while lines.number < end:
        rows.numbers.append(lines.number + 1)
        raw, cells = _next_row(lines)
        rows.raws.append(raw)
        rows.cells.append(cells)
    return _without_blanks(rows)


def _next_row(lines: _Lines) -> tuple[str, list[str]]:
    taken: list[str] = []
    try:
        cells = next(csv.reader(_noted(lines, taken), strict=True))
    except csv.Error:
        lines.give_back(taken[1:])
        return taken[0], _lenient_cells(taken[0])
    return "".join(taken), cells


def _noted(lines: _Lines, taken: list[str]) -> Iterator[str]:
    """The next lines, at most MAX_LINES_PER_ROW, each noted in `taken` as it is asked for."""
    while len(taken) < MAX_LINES_PER_ROW and (line := lines.take(1)):
        taken += line
        yield line[0]


def _lenient_cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except (
        csv.Error
    ):  # a cell longer than csv.field_size_limit(); the domain refuses it unless it is in an extra column
        return line.rstrip("\r\n").split(",")

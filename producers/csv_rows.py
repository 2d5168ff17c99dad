"""Rows of a CSV text: their cells, their raw text, and the line each begins on."""

import csv
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

LINES_PER_CHUNK = 20_000
MAX_LINES_PER_ROW = 100
COMMA = ","


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, column by column: line numbers (the text's first line is 1), raw texts, cells. Blank lines are no rows."""

    numbers: list[int]
    raws: list[str]
    cells: list[list[str]]

    def behind(self, line: int) -> "Rows":
        """The rows behind a line, which is the header's."""
        first = bisect_right(self.numbers, line)
        return Rows(self.numbers[first:], self.raws[first:], self.cells[first:])


class CutTextError(Exception):
    """A text can't be read to its end: `cause` says why, `line` is the last one that was read whole."""

    def __init__(self, line: int, cause: Exception) -> None:
        self.line, self.cause = line, cause
        super().__init__(f"{cause}, past line {line}")


def read_rows(
    text: Iterator[str],
    lines_per_chunk: int = LINES_PER_CHUNK,
    separator: str = COMMA,
    unreadable: tuple[type[Exception], ...] = (),
) -> Iterator[Rows]:
    """The rows of the lines of a text, in chunks.

    A quoted cell may span lines. A row whose quotes are broken, or never closed within MAX_LINES_PER_ROW lines, is its
    first line alone: otherwise one stray quote would swallow the good rows behind it. Of a text whose reading ends with
    one of the `unreadable` errors, all rows before that come first; then CutTextError is raised.
    """
    lines = _Lines(text, unreadable)
    while ahead := lines.take(lines_per_chunk):
        first = lines.number - len(ahead) + 1
        rows = _one_row_a_line(first, ahead, separator)
        if rows is None:
            lines.give_back(ahead)
            rows = _row_by_row(lines, len(ahead), separator)
        if rows.cells:
            yield rows
    if lines.failure is not None:
        raise CutTextError(lines.number, lines.failure) from lines.failure


class _Lines:
    """The lines of a text, counted; lines that were taken too soon can be given back."""

    def __init__(self, text: Iterator[str], unreadable: tuple[type[Exception], ...]) -> None:
        self._text = text
        self._unreadable = unreadable
        self._given_back: deque[str] = deque()
        self.number = 0  # of the line taken last
        self.failure: Exception | None = None

    def take(self, count: int) -> list[str]:
        taken = [self._given_back.popleft() for _ in range(min(count, len(self._given_back)))]
        if self.failure is None:
            try:
                taken.extend(islice(self._text, count - len(taken)))  # keeps the lines that came before an error
            except self._unreadable as error:
                self.failure = error
        self.number += len(taken)
        return taken

    def give_back(self, lines: list[str]) -> None:
        self._given_back.extendleft(reversed(lines))
        self.number -= len(lines)


def _one_row_a_line(first: int, lines: list[str], separator: str) -> Rows | None:
    """The rows of lines at C speed; None where some row spans lines or its quotes are broken."""
    try:
        cells = list(csv.reader(lines, strict=True, delimiter=separator))
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


def _row_by_row(lines: _Lines, count: int, separator: str) -> Rows:
    """The rows that begin within the next `count` lines."""
    rows = Rows([], [], [])
    end = lines.number + count
    while lines.number < end:
        rows.numbers.append(lines.number + 1)
        raw, cells = _next_row(lines, separator)
        rows.raws.append(raw)
        rows.cells.append(cells)
    return _without_blanks(rows)


def _next_row(lines: _Lines, separator: str) -> tuple[str, list[str]]:
    taken: list[str] = []
    try:
        cells = next(csv.reader(_noted(lines, taken), strict=True, delimiter=separator))
    except csv.Error:
        lines.give_back(taken[1:])
        return taken[0], _lenient_cells(taken[0], separator)
    return "".join(taken), cells


def _noted(lines: _Lines, taken: list[str]) -> Iterator[str]:
    """The next lines, at most MAX_LINES_PER_ROW, each noted in `taken` as it is asked for."""
    while len(taken) < MAX_LINES_PER_ROW and (line := lines.take(1)):
        taken += line
        yield line[0]


def _lenient_cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except (
        csv.Error
    ):  # a cell longer than csv.field_size_limit(); the domain refuses it unless it is in an extra column
        return line.rstrip("\r\n").split(separator)

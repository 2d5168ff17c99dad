"""The header of an input: the row that tells which kind of file it is, and how its cells are separated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from producers.csv_rows import Rows, read_rows
from producers.input_kinds import KINDS, InputKind
from producers.input_source import READ_ERRORS, InputSource
from stream_app.dead_letters import SEPARATORS, Separator

_LINES_LOOKED_AT = 100
_LONGEST_LINE = 1 << 16
_OF_EXCEL = re.compile(r'"?sep=.?"?[;,\t|]?\s*', re.IGNORECASE)  # a first line that tells Excel the separator


@dataclass(frozen=True, slots=True)
class Header:
    """The first row with one of the separators, and the row behind it, None where there is none."""

    names: Sequence[str]
    line: int
    separator: Separator
    next_row: Sequence[str] | None

    def is_of(self, kind: InputKind) -> bool:
        """Whether it has every column of the kind."""
        return kind.is_kind_of(self.names)

    @property
    def kinds(self) -> list[InputKind]:
        """The kinds whose columns it has, those of most columns first."""
        return sorted(filter(self.is_of, KINDS), key=lambda kind: -len(kind.columns))


def read_header(source: InputSource, kind: InputKind | None = None) -> Header:
    """The header, with the separator that makes it one of the kind, or of any; otherwise the one with most columns.

    Raises UnreadableInputError.
    """
    lines = _first_lines(source)
    headers = [_header(lines, separator) for separator in SEPARATORS]
    of_kind = (header for header in headers if (header.kinds if kind is None else header.is_of(kind)))
    return next(of_kind, None) or max(headers, key=lambda header: len(header.names))


def _first_lines(source: InputSource) -> list[str]:
    """Enough lines for the header and a row; those before the cut of a file that was cut there."""
    lines: list[str] = []
    with source.opened() as (_, text):
        try:
            while len(lines) < _LINES_LOOKED_AT and (line := text.readline(_LONGEST_LINE)):
                lines.append(line)
        except READ_ERRORS:
            if not lines:
                raise
    return lines


def _header(lines: list[str], separator: Separator) -> Header:
    is_for_excel = bool(lines) and _OF_EXCEL.fullmatch(lines[0]) is not None
    rows = next(read_rows(iter(lines), separator=separator), Rows([], [], [])).behind(1 if is_for_excel else 0)
    names, next_row = islice([*rows.cells, None, None], 2)
    return Header(names or [], rows.numbers[0] if names else 0, separator, next_row)

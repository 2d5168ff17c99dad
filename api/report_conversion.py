"""A finished report's rows in the other format, or guarded for spreadsheets, without a whole report in memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from api.report_request import Format
from stream_app.domain.report import Cell, write_json_lines

_BATCH_ROWS = 1000
_TEXT_COLUMNS = frozenset(
    {"store_id", "last_poll_utc", "last_status", "zone", "estimated_from", "hours_from", "zone_from"}
)
# What a spreadsheet takes for a formula at the beginning of a cell (OWASP, CSV Injection); no figure is negative.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Rows = Iterator[Sequence[Cell]]


def converted(
    path: Path, source: Format, target: Format, columns: Sequence[str], *, guards_formulas: bool
) -> Iterator[bytes]:
    """The report at `path` as `target`, some kilobytes at a time; guarding puts a ' before what looks like a formula.

    `columns` are those of JSON Lines without a store, which can't tell them.
    """
    with path.open(encoding="utf-8", newline="") as file:
        found, rows = _READERS[source](file)
        columns = found or columns
        if guards_formulas:
            rows = ([_guarded(cell) for cell in row] for row in rows)
        yield from _csv(columns, rows) if target is Format.CSV else _json_lines(columns, rows)


def _guarded(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _read_csv(file: TextIO) -> tuple[Sequence[str], Rows]:
    reader = csv.reader(file)
    columns = next(reader)
    reads = [str if column in _TEXT_COLUMNS else _figure for column in columns]
    return columns, ([read(cell) if cell else None for read, cell in zip(reads, row, strict=True)] for row in reader)


def _figure(written: str) -> Cell:
    figure: int | float = json.loads(written)
    return figure


def _read_json_lines(file: TextIO) -> tuple[Sequence[str], Rows]:
    records: Iterator[dict[str, Cell]] = map(json.loads, file)
    first = next(records, None)
    if first is None:
        return [], iter(())
    return list(first), (list(record.values()) for record in chain([first], records))


_READERS = {Format.CSV: _read_csv, Format.JSON_LINES: _read_json_lines}


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    lines = iter(rows)
    batch: list[Sequence[Cell]] = [columns]
    while batch := [*batch, *islice(lines, _BATCH_ROWS)]:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(batch)
        yield text.getvalue().encode()
        batch = []


def _json_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    lines = iter(rows)
    while batch := list(islice(lines, _BATCH_ROWS)):
        text = io.StringIO(newline="")
        write_json_lines(text, dict(zip(columns, zip(*batch, strict=True), strict=True)))
        yield text.getvalue().encode()

"""A workbook's sheet as the CSV that it stands for, so that everything behind it knows CSV alone."""

import csv
import importlib.util
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, BinaryIO, TypeAlias

from producers.input_errors import UnreadableInputError, WorkbookSupportError
from producers.input_kinds import is_store_id

if importlib.util.find_spec("python_calamine") is not None:
    from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # .xlsx, and .xls or a workbook with a password
_CLOCK_YEARS = 1900  # a time of day past 24 hours is a date of the first days of a workbook's calendar
_EXACT_DIGITS = 10**15
"""A workbook's numbers keep 15 digits: the ids of stores, which have 18 or 19, are other ids there."""


def is_workbook(stream: BinaryIO) -> bool:
    """Whether a stream at its beginning, where it stays, is a workbook by what it holds."""
    head = stream.read(4)
    stream.seek(0)
    if head != _ZIP:
        return head == _OLE
    with zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
    stream.seek(0)
    return any(name.startswith("xl/workbook.") for name in names)


def workbook_as_csv(stream: BinaryIO, path: Path) -> IO[bytes]:
    """The rows of the only sheet that has any, as UTF-8 in a temporary file; line n is the sheet's row n.

    Raises WorkbookSupportError, and UnreadableInputError where it isn't exactly one sheet, or ids have lost digits.
    """
    if importlib.util.find_spec("python_calamine") is None:
        raise WorkbookSupportError(path)
    try:
        rows = _only_sheet(CalamineWorkbook.from_filelike(io.BytesIO(stream.read())), path).iter_rows()
    except CalamineError as error:
        raise UnreadableInputError(path, f"{error}. Save its sheet as CSV") from error
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source that holds it
    text = io.TextIOWrapper(spool, encoding="utf-8", errors="surrogatepass", newline="")
    csv.writer(text, lineterminator="\n").writerows(_texts(rows, path))
    text.detach()
    return spool


def _only_sheet(workbook: "CalamineWorkbook", path: Path) -> "CalamineSheet":
    sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
    filled = [sheet for sheet in sheets if sheet.height]
    if len(filled) != 1:
        names = ", ".join(sheet.name for sheet in filled) or "none"
        raise UnreadableInputError(path, f"one sheet with rows is wanted, and has them: {names}. Save each as CSV")
    return filled[0]


def _texts(rows: Iterator[Sequence[Cell]], path: Path) -> Iterator[list[str]]:
    """The cells of each row as text; raises UnreadableInputError for an id that has lost digits."""
    ids: list[int] = []
    for number, row in enumerate(rows, start=1):
        if not ids:
            ids = [place for place, cell in enumerate(row) if isinstance(cell, str) and is_store_id(cell)]
        lost = [row[place] for place in ids if _has_lost_digits(row[place])]
        if lost:
            message = (
                f"row {number:,} has the store_id {lost[0]:G} as a number, of which a workbook keeps 15 digits. "
                "Write the ids as text where the workbook is made, or use the CSV file. Nothing was sent"
            )
            raise UnreadableInputError(path, message)
        yield [_text(cell) for cell in row] if any(cell != "" for cell in row) else []


def _has_lost_digits(cell: Cell) -> bool:
    return isinstance(cell, float) and abs(cell) >= _EXACT_DIGITS


def _text(cell: Cell) -> str:
    """A cell as a CSV has it; times of day as HH:MM:SS, dates with their time."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, datetime):
        return cell.time().isoformat() if cell.year <= _CLOCK_YEARS else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return "00:00:00" if cell.year <= _CLOCK_YEARS else f"{cell.isoformat()} 00:00:00"
    return cell.isoformat() if isinstance(cell, time) else str(cell)

"""Workbooks (.xlsx) made by hand, so that a test says what stands in each cell, as Excel writes it."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES = (0, 21, 22, 46)  # Excel's own number formats: general, h:mm:ss, m/d/yy h:mm, [h]:mm:ss
GENERAL, TIME_OF_DAY, DATE, DURATION = range(4)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in the file, and how Excel shows it."""

    text: str
    style: int = GENERAL


Cell = str | Number


def workbook(rows: Sequence[Sequence[Cell]], others: Mapping[str, Sequence[Sequence[Cell]]] | None = None) -> bytes:
    """A workbook of a sheet `Sheet1`, and of others by name."""
    sheets = {"Sheet1": rows, **(others or {})}
    numbers = range(1, len(sheets) + 1)
    named = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    targets = "".join(_relation(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in _STYLES)
    files = {
        "[Content_Types].xml": _content_types(numbers),
        "_rels/.rels": _relations(_relation(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(targets + _relation(99, "styles", "styles.xml")),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs>{formats}</cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": _sheet(sheet) for n, sheet in zip(numbers, sheets.values(), strict=True)},
    }
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return written.getvalue()


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = "".join(_row(number, row) for number, row in enumerate(rows, start=1) if row)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _row(number: int, row: Sequence[Cell]) -> str:
    cells = "".join(_cell(f"{chr(65 + place)}{number}", cell) for place, cell in enumerate(row))
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
    return f'<c r="{place}" s="{cell.style}"><v>{cell.text}</v></c>'


def _relations(relations: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _content_types(numbers: Sequence[int]) -> str:
    base = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "/xl/workbook.xml": f"{base}.sheet.main+xml",
        "/xl/styles.xml": f"{base}.styles+xml",
        **{f"/xl/worksheets/sheet{n}.xml": f"{base}.worksheet+xml" for n in numbers},
    }
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>{overrides}</Types>'
    )

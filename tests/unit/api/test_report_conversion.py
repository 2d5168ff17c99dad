"""Reports in the other format have the bytes that they would have been written with."""

import io
from pathlib import Path

import pytest

from api.report_conversion import converted
from api.report_request import Format
from stream_app.domain.report import WRITERS, Table

COUNT = 2500  # more than two batches
TABLE: Table = {
    "store_id": [f'=1+{row},"ü"' for row in range(COUNT)],
    "uptime_last_hour": list(range(COUNT)),
    "uptime_last_week": [row / 4 for row in range(COUNT)],
    "uptime_percent_last_week": [None if row % 2 else 99.5 for row in range(COUNT)],
    "last_status": [None if row % 3 else "active" for row in range(COUNT)],
    "zone": ["Etc/GMT+5"] * COUNT,
}
EMPTY: Table = {"store_id": [], "uptime_last_hour": []}


def written(table: Table, file_format: Format) -> bytes:
    text = io.StringIO(newline="")
    WRITERS[file_format](text, table)
    return text.getvalue().encode()


@pytest.mark.parametrize("source", Format)
@pytest.mark.parametrize("target", Format)
def test_conversion_gives_what_would_have_been_written(tmp_path: Path, source: Format, target: Format) -> None:
    path = tmp_path / "report"
    path.write_bytes(written(TABLE, source))

    assert b"".join(converted(path, source, target, (), guards_formulas=False)) == written(TABLE, target)


def test_guard_marks_cells_that_begin_like_a_formula_and_leaves_figures(tmp_path: Path) -> None:
    path = tmp_path / "report"
    table: Table = {"store_id": ["=a", "+a", "-a", "@a", "a=", "'a"], "uptime_last_hour": [1, 2, 3, 4, 5, 6]}
    path.write_bytes(written(table, Format.CSV))

    guarded = b"".join(converted(path, Format.CSV, Format.CSV, (), guards_formulas=True))

    assert guarded.decode().splitlines()[1:] == ["'=a,1", "'+a,2", "'-a,3", "'@a,4", "a=,5", "'a,6"]


def test_report_without_a_store_stays_without(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_bytes(written(EMPTY, Format.CSV))
    assert b"".join(converted(path, Format.CSV, Format.JSON_LINES, (), guards_formulas=False)) == b""
    assert b"".join(converted(path, Format.CSV, Format.CSV, (), guards_formulas=False)) == written(EMPTY, Format.CSV)
    path.write_bytes(b"")
    columns = list(EMPTY)
    assert b"".join(converted(path, Format.JSON_LINES, Format.CSV, columns, guards_formulas=False)) == written(
        EMPTY, Format.CSV
    )

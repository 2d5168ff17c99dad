"""What a report, a replay and a store look like in the terminal."""

import csv
from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stream_app.domain.rejection import SENTENCES, Reason

_FIRST_ROWS = 10
_ID_WIDTH = 19  # a 64-bit number; a longer id is folded


def show_report(content: bytes, console: Console) -> None:
    """The first rows of a report's CSV as a table."""
    header, *rows = csv.reader(content.decode().splitlines())
    table = Table(
        title=f"The first {min(len(rows), _FIRST_ROWS)} of {len(rows)} stores",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 2, 0, 0),
    )
    for name in header:
        unit = "min" if name.endswith("hour") else "h"
        if name == "store_id":
            table.add_column(name, overflow="fold", min_width=_ID_WIDTH)
        else:
            table.add_column(name.replace("_last_", "\nlast\n") + f"\n({unit})", justify="right")
    for row in rows[:_FIRST_ROWS]:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def show_rejected(rejected: Mapping[str, int], console: Console) -> None:
    """Counts of refused rows by reason; nothing where there are none."""
    if not rejected:
        return
    table = Table(
        title="Refused rows, kept as dead letters",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 2, 0, 0),
    )
    table.add_column("rows", justify="right")
    table.add_column("reason")
    table.add_column("in words")
    for reason, count in sorted(rejected.items(), key=lambda entry: (-entry[1], entry[0])):
        table.add_row(str(count), reason, escape(SENTENCES[Reason(reason)]))
    console.print(table)


def show_store(status: Mapping[str, Any], console: Console) -> None:
    """One store's live status, a line a field."""
    table = Table(show_header=False, box=None)
    for name, value in status.items():
        text = ", ".join(f"{key} {inner}" for key, inner in value.items()) if isinstance(value, Mapping) else str(value)
        table.add_row(name.replace("_", " "), escape(text))
    console.print(table)

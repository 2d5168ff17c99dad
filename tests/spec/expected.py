"""What an example expects, looked for in a report."""

import csv
import io

from tests.spec.example import STORE, Example

SIDES = ("uptime", "downtime", "unknown")


def check(example: Example, text: str, store_id: str = STORE) -> None:
    """The example's minutes and columns stand in its store's row; or there is no such row."""
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["store_id"] == store_id]
    assert len(rows) == example.is_known
    for window, expected in example.expected.items():
        up, down, unknown = (*expected, 0)[:3]
        assert minutes_of(rows[0], window) == (up, down, unknown), window
    assert {name: rows[0][name] for name in example.columns} == example.columns


def minutes_of(row: dict[str, str], window: str) -> tuple[int, int, int]:
    """Up, down and unknown; of hours to two places the minutes can be told exactly."""
    columns = [f"{side}_minutes" if window == "span" else f"{side}_last_{window}" for side in SIDES]
    factor = 60 if window in {"day", "week"} else 1
    up, down, unknown = (round(float(row[column]) * factor) for column in columns)
    if window != "span":
        assert int(row[f"business_minutes_last_{window}"]) == up + down + unknown
    return up, down, unknown

"""The report: uptime and downtime of each store over the windows before T, and its CSV."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TextIO

from stream_app.domain import runs
from stream_app.domain.runs import Minutes
from stream_app.domain.store_state import Buckets
from stream_app.domain.windows import Windows

COLUMNS = (
    "store_id",
    "uptime_last_hour",
    "uptime_last_day",
    "uptime_last_week",
    "downtime_last_hour",
    "downtime_last_day",
    "downtime_last_week",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Minutes of n stores: up and down, each for the last hour, day and week (int64, shape (n,) each)."""

    up: tuple[Minutes, Minutes, Minutes]
    down: tuple[Minutes, Minutes, Minutes]


def figures(buckets: Buckets, windows: Windows, count: int) -> Figures:
    """The bucket minutes of `count` stores that lie inside each window; the buckets must reach over all of it."""

    def minutes(of: runs.Runs) -> tuple[Minutes, Minutes, Minutes]:
        hour, day, week = (runs.minutes_per_row(runs.clip(of, *window), count) for window in windows)
        return hour, day, week

    return Figures(minutes(buckets.up), minutes(buckets.down))


def write_csv(file: TextIO, store_ids: Sequence[str], of: Figures) -> None:
    """Header and one row a store, in the order given; the file must be opened with newline=''."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(store_ids, of))


@cache
def hours_text(minutes: int) -> str:
    """Hours to two places as the report writes them: 12.5, 0.0."""
    return str(round(minutes / 60, 2))


def _rows(store_ids: Sequence[str], of: Figures) -> Iterator[tuple[str, int, str, str, int, str, str]]:
    columns = [column.tolist() for column in (*of.up, *of.down)]
    for store_id, up_hour, up_day, up_week, down_hour, down_day, down_week in zip(store_ids, *columns, strict=True):
        yield (
            store_id,
            up_hour,
            hours_text(up_day),
            hours_text(up_week),
            down_hour,
            hours_text(down_day),
            hours_text(down_week),
        )

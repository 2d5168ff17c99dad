"""The report as a table: its columns, in what order they stand, and how they are written."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TextIO

from stream_app.domain.figures import Figures, Outages, PerWindow
from stream_app.domain.instant import format_instant
from stream_app.domain.poll import ACTIVE, INACTIVE
from stream_app.domain.refusals import Origin
from stream_app.domain.runs import Minutes
from stream_app.domain.store_state import NO_POLL, Observations

Cell = int | float | str | None
Table = Mapping[str, Sequence[Cell]]  # columns of one length by name, in the order in which they stand

WINDOWS = ("hour", "day", "week")


class CalendarOrigins(NamedTuple):
    """Where each store's hours and zone come from, and how many rows of either were refused."""

    hours: Sequence[Origin]
    zones: Sequence[Origin]
    rows_refused: Sequence[int]


def default_columns(figures: Figures) -> dict[str, list[Cell]]:
    """The seven columns' six figures: minutes of the hour, hours to two places of day and week."""
    return {**_times("uptime", figures.up), **_times("downtime", figures.down)}


def extended_columns(
    figures: Figures,
    outages: Outages | None,
    last_polls: Observations,
    zones: Sequence[str],
    polls: Minutes,
    policy: str,
    origins: CalendarOrigins,
) -> dict[str, list[Cell]]:
    """The default columns and everything else that is known of each store; no outages where minutes have no status.

    `last_polls` are the newest observations so far, `polls` counts those of the last week.
    """
    seen = last_polls.tolist()
    return {
        **default_columns(figures),
        **_times("unknown", figures.unknown),
        **_columns("business_minutes", (minutes.tolist() for minutes in figures.business)),
        **_columns("uptime_percent", map(_percent, figures.up, figures.down)),
        "outages_last_week": [None] * len(seen) if outages is None else outages.count.tolist(),
        "longest_outage_last_week": [None] * len(seen) if outages is None else outages.longest.tolist(),
        "last_poll_utc": [None if poll == NO_POLL else format_instant(poll >> 1) for poll in seen],
        "last_status": [None if poll == NO_POLL else (INACTIVE if poll & 1 else ACTIVE) for poll in seen],
        "zone": list(zones),
        "polls_last_week": polls.tolist(),
        "estimated_from": [policy] * len(seen),
        "hours_from": [origin.value for origin in origins.hours],
        "zone_from": [origin.value for origin in origins.zones],
        "calendar_rows_refused": list(origins.rows_refused),
    }


def range_columns(up: Minutes, down: Minutes, unknown: Minutes) -> dict[str, list[Cell]]:
    """One window's figures, in minutes and in hours."""
    sides = {"uptime": up.tolist(), "downtime": down.tolist(), "unknown": unknown.tolist()}
    return {
        **{f"{side}_minutes": minutes for side, minutes in sides.items()},
        **{f"{side}_hours": [hours(minute) for minute in minutes] for side, minutes in sides.items()},
    }


def write_csv(file: TextIO, table: Table) -> None:
    """Header and one row a store; the file must be opened with newline=''. An empty cell is None."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))


def write_json_lines(file: TextIO, table: Table) -> None:
    """One JSON object a store and line (https://jsonlines.org)."""
    file.writelines(
        json.dumps(dict(zip(table, row, strict=True)), ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in zip(*table.values(), strict=True)
    )


WRITERS: dict[str, Callable[[TextIO, Table], None]] = {"csv": write_csv, "jsonl": write_json_lines}


@cache
def hours(minutes: int) -> float:
    """Hours to two places, by Python's round on the exact quotient: 12.5, 0.0."""
    return round(minutes / 60, 2)


def _times(side: str, of: PerWindow) -> dict[str, list[Cell]]:
    hour, day, week = (minutes.tolist() for minutes in of)
    return _columns(side, [hour, [hours(minute) for minute in day], [hours(minute) for minute in week]])


def _columns(name: str, of: Iterable[list[Cell]]) -> dict[str, list[Cell]]:
    return {f"{name}_last_{window}": cells for window, cells in zip(WINDOWS, of, strict=True)}


def _percent(up: Minutes, down: Minutes) -> list[Cell]:
    """Of the minutes that are known; None where there are none."""
    return [
        round(100 * minute / known, 2) if known else None
        for minute, known in zip(up.tolist(), (up + down).tolist(), strict=True)
    ]

"""A sample: invented input files, realistic, of any size, and the same bytes for the same arguments.

The shares and quirks are those of real files of January 2023: 64-bit ids, rows in any order, fractions of 0 to 6
digits, exact duplicates, days that end at 23:59:59 or 23:59:00, stores without hours, without a zone, without polls;
gaps between polls of 60 min (median), 3 h (95th percentile) and at most 2 days.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

import msgspec
import numpy as np

from producers.input_files import files_in
from producers.sample_bad_rows import BAD_HOURS, BAD_POLLS, BAD_ZONES, bad_lines
from producers.sample_hours import hours_lines, invented_weeks
from producers.sample_polls import poll_lines
from producers.sample_stores import store_blocks
from stream_app.errors import UsageError
from stream_app.system_refusals import about

END = datetime(2024, 3, 14, 12, tzinfo=UTC)
"""Days after the clocks of the USA went forward, so that 8 days hold the change."""

MAX_STORES = 1_000_000
MAX_DAYS = 366
STORE_DAYS_PER_BLOCK = 40_000
"""A sample is written block by block, so that a million stores need no more memory than these."""

MARK = "sample.json"

_HEADERS = {
    "store_status.csv": "store_id,status,timestamp_utc\n",
    "menu_hours.csv": "store_id,day,start_time_local,end_time_local\n",
    "timezones.csv": "store_id,timezone_str\n",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SampleSize(NamedTuple):
    """How many rows each file got."""

    polls: int
    hours: int
    zones: int


def write_sample(
    directory: Path, stores: int = 500, days: int = 8, end: datetime = END, seed: int = 1, bad_rows: int = 0
) -> SampleSize:
    """Write store_status.csv, menu_hours.csv and timezones.csv, all polls within the `days` before `end`.

    Takes the place of an earlier sample. Raises UsageError where the directory holds input files that are no sample,
    and ValueError for an `end` without a time zone.
    """
    if end.tzinfo is None:
        message = f"end {end} has no time zone"
        raise ValueError(message)
    _claim(directory, {"stores": stores, "days": days, "end": end.isoformat(), "seed": seed, "bad_rows": bad_rows})
    size = SampleSize(0, 0, 0)
    with about(directory), ExitStack() as opened:
        files = [opened.enter_context(_begun(directory / name, header)) for name, header in _HEADERS.items()]
        for block in _blocks(stores, days, (end - _EPOCH) // timedelta(microseconds=1), seed, bad_rows):
            for file, lines in zip(files, block, strict=True):
                file.writelines(lines)
            size = SampleSize(*(rows + len(lines) for rows, lines in zip(size, block, strict=True)))
    return size


def _claim(directory: Path, arguments: dict[str, object]) -> None:
    """Make the directory and mark it as a sample's, before its files, so that a torn sample can be written anew."""
    directory.mkdir(parents=True, exist_ok=True)
    others = files_in(directory)
    mark = directory / MARK
    if others and not mark.is_file():
        message = (
            f"{directory} holds {', '.join(others)}, and no {MARK}: that is no sample, and stays. Name another DIR"
        )
        raise UsageError(message)
    if foreign := set(others) - set(_HEADERS):
        message = f"{directory} holds {', '.join(sorted(foreign))} beside a sample. Remove it, or name another DIR"
        raise UsageError(message)
    mark.write_bytes(msgspec.json.format(msgspec.json.encode(arguments), indent=2) + b"\n")


def _begun(path: Path, header: str) -> TextIO:
    file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
    file.write(header)
    return file


def _blocks(
    stores: int, days: int, end_micros: int, seed: int, bad_rows: int
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """The lines of each file, block by block of stores; each block's chance is its own."""
    weeks = invented_weeks(np.random.default_rng(seed))
    bad = [bad_rows // 3 + (place < bad_rows % 3) for place in range(3)]
    for number, block in enumerate(store_blocks(stores, seed, max(1, STORE_DAYS_PER_BLOCK // days))):
        random = np.random.default_rng([seed, number])
        polls, hours = poll_lines(block, days, end_micros, random), hours_lines(block, weeks, random)
        zones = [f"{store_id},{zone}\n" for store_id, zone in zip(block.ids, block.zones, strict=True) if zone]
        if number == 0:
            polls += bad_lines(BAD_POLLS, bad[0])
            hours += bad_lines(BAD_HOURS, bad[1])
            zones += bad_lines(BAD_ZONES, bad[2])
        yield _shuffled(polls, random), _shuffled(hours, random), _shuffled(zones, random)


def _shuffled(lines: list[str], random: np.random.Generator) -> list[str]:
    return [lines[place] for place in random.permutation(len(lines)).tolist()]

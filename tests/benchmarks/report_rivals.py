"""The same report by others, from the CSV files and from memory, and whether it is the same."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contenders import RIVALS_PYTHON
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.measured import measured, said, wait_for_end
from tests.benchmarks.workbench import Workbench, environment_of

RIVALS = {"polars": "tests.benchmarks.rivals.polars_report", "duckdb": "tests.benchmarks.rivals.duckdb_report"}
WITHIN_S = 300.0

Rows = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class RivalTimes:
    """Milliseconds of a report, from the files and from memory."""

    csv_ms: float
    memory_ms: float


def time_rival(bench: Workbench, name: str, number: int, sample: Path, as_of: str, ours: Path) -> RivalTimes:
    """One rival's times in a round; raises BenchmarkError where its report isn't ours."""
    folder = bench.new_folder(f"rival-{name}-{number}")  # its log has this round's times alone
    out = folder / "report.csv"
    command = [str(RIVALS_PYTHON), "-m", RIVALS[name], str(sample), as_of, str(out)]
    with measured(name, command, environment_of({}), folder) as process:
        wait_for_end(process, WITHIN_S)
        times = RivalTimes(said(process, "csv_ms"), said(process, "memory_ms"))
    check_same(name, rows_of(out), rows_of(ours))
    return times


def rows_of(report: Path) -> Rows:
    """A report's figures by store; 5 and 5.0 are one number."""
    with report.open(newline="", encoding="utf-8") as file:
        return {
            row["store_id"]: tuple(float(row[name]) for name in row if name != "store_id")
            for row in csv.DictReader(file)
        }


def check_same(name: str, theirs: Rows, ours: Rows) -> None:
    """Raise BenchmarkError, naming a store, where two reports differ."""
    if theirs == ours:
        return
    strangers = sorted(theirs.keys() ^ ours.keys())
    different = [store_id for store_id in theirs.keys() & ours.keys() if theirs[store_id] != ours[store_id]]
    example = (strangers + sorted(different))[0]
    raise BenchmarkError(
        f"the report by {name} isn't ours: {len(strangers)} stores are in one of the two alone, {len(different)} have "
        f"other figures; {example}: {theirs.get(example)} to our {ours.get(example)}"
    )

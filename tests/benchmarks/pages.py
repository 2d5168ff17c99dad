"""The results as a table for the terminal, and as the generated part of docs/benchmarks.md."""

from collections.abc import Collection
from pathlib import Path

from rich.table import Table

from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.results import Results, read_results
from tests.support.markdown import markdown_table

DOCS = Path(__file__).parent.parent.parent / "docs"
JSON_NAME = "benchmarks.json"

_HEADER = ("figure", "key", "median (min-max)", "unit", "reach", "reached?")
_SIGNS = {"at_least": "≥", "at_most": "≤"}
_THREE_DIGITS, _TWO_DIGITS = 100, 10


def terminal_table(results: Results, groups: Collection[str]) -> Table:
    """The figures of some groups, to be printed by rich."""
    table = Table(box=None)
    for title in ("figure", "median", "min", "max", "unit", "reach", "reached?"):
        table.add_column(title, no_wrap=True, justify="right" if title in {"median", "min", "max"} else "left")
    for key, of in results.figures.items():
        if of.group in groups:
            spread = [number(value) for value in (of.median, of.min, of.max)]
            table.add_row(key, *spread, of.unit, _reach(of.target), _reached(of))
    return table


def committed_page() -> str:
    """The generated part of docs/benchmarks.md, from docs/benchmarks.json."""
    results = read_results(DOCS / JSON_NAME)
    return "Not measured yet: `make bench`." if results is None else page(results)


def page(results: Results) -> str:
    """Machine, versions, figures and notes as Markdown."""
    machine, versions = results.machine, results.versions
    notes = [f"- `{key}`: {figure.note}" for key, figure in results.figures.items() if figure.note]
    skipped = [f"- {name}: skipped, {why}" for run in results.groups.values() for name, why in run.skipped.items()]
    return "\n".join(
        [
            *(["**Quick run: everything is too small to mean anything.**", ""] if results.quick else []),
            f"{machine.cores} cores ({machine.processor}), {machine.memory_gib:g} GiB, {machine.kernel}, "
            f"Python {machine.python}, Java {machine.java}. "
            + ", ".join(f"{name} {found}" for name, found in versions.items())
            + ".",
            "",
            markdown_table(_HEADER, _rows(results)),
            "",
            *notes,
            *skipped,
            *([""] if notes or skipped else []),
            markdown_table(
                ("group", "command", "taken at", "commit", "load before"),
                (
                    [name, f"`{run.command}`", run.at, run.commit, f"{run.load:g}"]
                    for name, run in results.groups.items()
                ),
            ),
        ]
    )


def _rows(results: Results) -> list[list[str]]:
    return [
        [figure.title, key, _spread(figure), figure.unit, _reach(figure.target), _reached(figure)]
        for key, figure in results.figures.items()
    ]


def _spread(figure: Figure) -> str:
    if len(figure.rounds) == 1:
        return number(figure.median)
    return f"{number(figure.median)} ({number(figure.min)}-{number(figure.max)})"


def _reach(target: Target | None) -> str:
    return "" if target is None else f"{_SIGNS[target.kind]} {number(target.limit)}"


def _reached(figure: Figure) -> str:
    return "" if figure.reached is None else "reached" if figure.reached else "NOT reached"


def number(value: float) -> str:
    """A figure to three digits; whole numbers are written whole, thousands with commas."""
    if float(value).is_integer() or abs(value) >= _THREE_DIGITS:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _TWO_DIGITS else f"{value:.2f}"

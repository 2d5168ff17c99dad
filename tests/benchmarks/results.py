"""The results of `make bench` as docs/benchmarks.json holds them, and how a run of some groups goes into them."""

from pathlib import Path

import msgspec

from tests.benchmarks.figures import Figure
from tests.benchmarks.machine import Machine


class GroupRun(msgspec.Struct, frozen=True):
    """How a group of figures came about: `at` is ISO 8601, `load` the machine's load average when it began.

    `skipped` names each rival that this machine can't run, with the reason.
    """

    command: str
    at: str
    commit: str
    load: float
    skipped: dict[str, str] = {}


class Results(msgspec.Struct, frozen=True):
    """Everything that is known of one machine, by key and by group."""

    quick: bool
    machine: Machine
    versions: dict[str, str]
    groups: dict[str, GroupRun]
    figures: dict[str, Figure]


def merged(earlier: Results | None, new: Results) -> Results:
    """The new results, with the earlier ones of groups that were not run; those of another machine are dropped."""
    if earlier is None or earlier.machine != new.machine or earlier.quick != new.quick:
        return new
    kept = {key: figure for key, figure in earlier.figures.items() if figure.group not in new.groups}
    return msgspec.structs.replace(new, groups=earlier.groups | new.groups, figures=kept | new.figures)


def read_results(path: Path) -> Results | None:
    """What a file holds, None where there is none; raises msgspec.ValidationError where it is something else."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Results)
    except FileNotFoundError:
        return None


def write_results(path: Path, results: Results) -> None:
    """Replace the file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")

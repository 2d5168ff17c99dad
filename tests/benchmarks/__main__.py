"""`make bench`: run the groups of measurements, print a table, write docs/benchmarks.json and docs/benchmarks.md.

python -m tests.benchmarks [--only ingest,restart] [--quick] [--out DIR]
"""

import logging
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from stream_app.errors import StoreMonitorError
from stream_app.local.kafka_jars import kafka_version
from stream_app.logs import configure_logs
from tests.benchmarks import growth, http_api, ingest, live, main_job, push, replay, restart
from tests.benchmarks.contenders import RIVALS_PYTHON
from tests.benchmarks.machine import commit, load, this_machine, versions
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.pages import DOCS, JSON_NAME, page, terminal_table
from tests.benchmarks.results import GroupRun, Results, merged, read_results, write_results
from tests.benchmarks.scale import FULL, QUICK
from tests.benchmarks.workbench import Workbench
from tests.support import generated_docs
from tests.support.kafka import java_and_jars

TABLE_WIDTH = 100
_RIVAL_PACKAGES = ("quixstreams", "polars", "duckdb")
QUICK_OUT = Path(".store-monitor/benchmarks-quick")

GROUPS: Mapping[str, Callable[[Workbench], Measurements]] = {
    "ingest": ingest.measure,
    "growth": growth.measure,
    "restart": restart.measure,
    "live": live.measure,
    "push": push.measure,
    "replay": replay.measure,
    "main-job": main_job.measure,
    "http": http_api.measure,
}


@click.command()
@click.option("--only", default=",".join(GROUPS), show_default=True, help="The groups to run, with commas between.")
@click.option("--quick", is_flag=True, help="Everything small: shows that the harness works, measures nothing.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the results into this folder.")
def main(only: str, out: Path | None, *, quick: bool) -> None:
    """Measure, and write the results; figures of groups that are not run stay as they were."""
    names = [name for name in GROUPS if name in only.split(",")]
    if strangers := set(only.split(",")) - set(names):
        raise click.UsageError(f"no group {', '.join(sorted(strangers))}; there are {', '.join(GROUPS)}")
    folder = out or (QUICK_OUT if quick else DOCS)
    folder.mkdir(parents=True, exist_ok=True)
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="store-monitor-bench-") as temporary:
        bench = Workbench(QUICK if quick else FULL, Path(temporary), progress)
        for name in names:
            bench.say(f"group {name}")
            results = merged(read_results(folder / JSON_NAME), _measured(bench, name))
            write_results(folder / JSON_NAME, results)
            _write_page(folder, results)
    Console(width=TABLE_WIDTH).print(terminal_table(results, names))
    progress.print(f"written: {folder}/benchmarks.json and benchmarks.md")


def _measured(bench: Workbench, name: str) -> Results:
    """One group's results."""
    at, load_before = datetime.now(UTC).isoformat(timespec="seconds"), load()
    measurements = GROUPS[name](bench)
    command = f"make bench ONLY={name}" + (" QUICK=1" if bench.scale.is_quick else "")
    return Results(
        quick=bench.scale.is_quick,
        machine=this_machine(java_and_jars()[0].executable),
        versions=versions(_rival_versions()),
        groups={name: GroupRun(command, at, commit(), load_before, measurements.skipped)},
        figures=measurements.figures,
    )


def _write_page(folder: Path, results: Results) -> None:
    """In the docs the figures are a generated part of a page; elsewhere they are all of it."""
    if folder.resolve() == DOCS.resolve():
        generated_docs.main()
    else:
        (folder / "benchmarks.md").write_text(page(results) + "\n")


def _rival_versions() -> dict[str, str]:
    """The versions of those rivals that are no packages of ours."""
    if not RIVALS_PYTHON.exists():
        return {"kafka-streams": kafka_version()}
    asked = f"import importlib.metadata as m; print(*map(m.version, {_RIVAL_PACKAGES}))"
    answer = subprocess.run([str(RIVALS_PYTHON), "-c", asked], capture_output=True, text=True, check=True)
    return {"kafka-streams": kafka_version(), **dict(zip(_RIVAL_PACKAGES, answer.stdout.split(), strict=True))}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that every child is stopped, as by Ctrl-C
    configure_logs("WARNING")
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # its warnings tell of batches that it sends again
    try:
        main()
    except StoreMonitorError as error:
        sys.exit(f"bench: {error}")

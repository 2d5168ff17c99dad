"""A report of a million stores: state written by a loader, no worker, an API that has to go through all of it."""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from stream_app.settings import load_settings
from stream_app.topics import ensure_topics
from tests.benchmarks.api_process import REPORT_WITHIN_S, ApiProcess, running_api
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.measured import measured, wait_for_end, wait_until
from tests.benchmarks.workbench import Workbench, environment_of
from tests.support.kafka import RunningKafka

PREFIX = "million-"
LOADED_WITHIN_S = 600.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class MillionReport:
    """A report's seconds from trigger to complete, the API's and its children's peak memory, the progress seen."""

    seconds: float
    peak_mib: float
    progress: list[float]


def measure_million(bench: Workbench, kafka: RunningKafka) -> list[MillionReport]:
    """Each round has an API of its own, on the same tables; raises BenchmarkError where the progress stands still."""
    environment = {"KAFKA_BROKERS": kafka.address.bootstrap, "TOPIC_PREFIX": PREFIX, "APP_ID": "million"}
    folder = bench.new_folder("million")
    environment["DATA_DIR"] = str(folder / "data")
    settings = load_settings(environment)
    partitions = asyncio.run(ensure_topics(settings))
    _load(bench, settings.table_paths(0)[0].parent, partitions)
    found = []
    for number in range(1, bench.scale.rounds + 1):
        with running_api(bench.new_folder(f"million-{number}"), environment, "/health/ready") as api:
            found.append(_report(api, bench.scale.million_stores))
        bench.say(f"million {number}: {found[-1].seconds:.1f} s, {found[-1].peak_mib:,.0f} MiB")
    return found


def _load(bench: Workbench, tables: Path, partitions: int) -> None:
    bench.say(f"writing the state of {bench.scale.million_stores:,} stores")
    tables.mkdir(parents=True)
    arguments = [str(tables), str(partitions), str(bench.scale.million_stores), PREFIX]
    command = [sys.executable, "-m", "tests.benchmarks.million_load", *arguments]
    with measured("million-load", command, environment_of({}), bench.folder) as process:
        wait_for_end(process, LOADED_WITHIN_S)


def _report(api: ApiProcess, stores: int) -> MillionReport:
    began, report_id = time.perf_counter(), api.begin_report()
    seen: list[float] = []

    def is_complete() -> bool:
        found = api.report(report_id)
        seen.append(found.progress)
        return found.is_complete

    wait_until(api.process, is_complete, "the report is complete", REPORT_WITHIN_S, LOOK_EVERY_S)
    took, counted = time.perf_counter() - began, api.report(report_id).counts.stores
    if counted != stores:
        raise BenchmarkError(f"the report has {counted} stores, not {stores:,}")
    if seen != sorted(seen) or not any(0 < share < 1 for share in seen):
        raise BenchmarkError(f"the report's progress was {seen}")
    return MillionReport(took, api.peak_mib(), seen)

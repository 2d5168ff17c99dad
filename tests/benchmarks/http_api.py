"""The HTTP API beside a worker that takes in a steady load: live answers, reports, and both at once."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote

import msgspec

from api.as_of import format_minute
from stream_app.domain.windows import floor_to_minute
from tests.benchmarks.api_process import ApiProcess, running_api
from tests.benchmarks.contenders import DURABLE_WITHIN_S, RIVALS_PYTHON
from tests.benchmarks.http_figures import http_figures
from tests.benchmarks.http_rounds import Rounds
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.live import live_input
from tests.benchmarks.live_polls import LiveInput
from tests.benchmarks.measured import measured, wait_for_end
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.million_report import measure_million
from tests.benchmarks.oha import NO_OHA, Load, find_oha, load_with, write_urls
from tests.benchmarks.report_rivals import RIVALS, time_rival
from tests.benchmarks.source import source_of
from tests.benchmarks.steady_load import SteadyLoad, steady_load
from tests.benchmarks.workbench import Workbench, environment_of
from tests.benchmarks.worker import running_worker

PREFIX = "http-"
RATE_PER_S = 500
RATE_BESIDE_REPORTS_PER_S = 200
PROBES_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a round works with."""

    bench: Workbench
    api: ApiProcess
    load: SteadyLoad
    urls: Path
    sample: Path
    as_of: str


def measure(bench: Workbench) -> Measurements:
    """The group's figures."""
    skipped: dict[str, str] = {}
    oha = find_oha()
    if oha is None:
        skipped["requests a second, latencies"] = NO_OHA
    if not RIVALS_PYTHON.exists():
        skipped["reports by Polars and DuckDB"] = f"no {RIVALS_PYTHON}: `make bench` makes it"
    sample = bench.sample(bench.scale.report_stores, bench.scale.days)
    rounds = Rounds()
    with bench.broker("http") as kafka, KafkaView(kafka.address.bootstrap) as view:
        bench.replay(sample, kafka.address.bootstrap, PREFIX)
        source = source_of(kafka, view, PREFIX)
        environment = {"KAFKA_BROKERS": source.brokers, "TOPIC_PREFIX": PREFIX, "APP_ID": "http"}
        folder = bench.new_folder("http")
        with running_worker(folder, source.partitions, environment) as worker:
            worker.durable_at(source.ends, DURABLE_WITHIN_S)
            given = live_input(worker, source)
            with (
                running_api(folder, {**environment, "DATA_DIR": str(worker.settings.data_dir)}, "/health/ready") as api,
                steady_load(given, source, folder, bench.scale.load_polls_per_s) as load,
            ):
                as_of = format_minute(floor_to_minute(given.newest_micros))
                at = Measured(bench, api, load, _urls(folder, api, given), sample, as_of)
                for number in range(1, bench.scale.rounds + 1):
                    _round(at, rounds, oha, number)
                api_mib = api.peak_mib()
            polls_per_s = load.arrived_per_s()
            worker.durable_at(view.ends([source.topic]), DURABLE_WITHIN_S)
        millions = measure_million(bench, kafka)
    return Measurements(http_figures(rounds, millions, polls_per_s, api_mib), skipped)


def _round(at: Measured, rounds: Rounds, oha: Path | None, number: int) -> None:
    rounds.visible_ms.append(_visible_ms(at, number))
    reports = [at.api.report_ms(at.as_of) for _ in range(at.bench.scale.reports)]
    rounds.report_ms.append(median(ms for ms, _ in reports))
    for name in RIVALS if RIVALS_PYTHON.exists() else ():
        times = time_rival(at.bench, name, number, at.sample, at.as_of, reports[-1][1])
        rounds.rivals.setdefault(name, []).append(times)
        at.bench.say(f"report by {name} {number}: {times.csv_ms:.0f} ms from CSV, {times.memory_ms:.0f} from memory")
    at.bench.say(
        f"http {number}: report {rounds.report_ms[-1]:.0f} ms, visible after {median(rounds.visible_ms[-1]):.0f} ms"
    )
    if oha is not None:
        seconds = at.bench.scale.http_s
        rounds.fastest.append(load_with(oha, at.urls, seconds))
        rounds.at_rate.append(load_with(oha, at.urls, seconds, RATE_PER_S))
        rounds.beside_reports.append(_load_beside_reports(at, oha))
        at.bench.say(
            f"http {number}: {rounds.fastest[-1].requests_per_s:,.0f} requests/s, p99 {rounds.at_rate[-1].p99_ms:.1f} "
            f"ms at {RATE_PER_S}/s, {rounds.beside_reports[-1].p99_ms:.1f} ms beside reports"
        )


def _visible_ms(at: Measured, number: int) -> list[float]:
    probe = ["-m", "tests.benchmarks.http_probe", str(at.load.input_file), at.api.url, str(at.bench.scale.probes)]
    with measured(f"http-probe-{number}", [sys.executable, *probe], environment_of({}), at.bench.folder) as probing:
        wait_for_end(probing, PROBES_WITHIN_S)
    return msgspec.json.decode(probing.log_tail(1), type=list[float])


def _load_beside_reports(at: Measured, oha: Path) -> Load:
    """A load at a rate, while one report is made after the other."""
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(load_with, oha, at.urls, at.bench.scale.http_s, RATE_BESIDE_REPORTS_PER_S)
        while not loading.done():
            at.api.report_ms(at.as_of)
        return loading.result()


def _urls(folder: Path, api: ApiProcess, given: LiveInput) -> Path:
    """Every store that the load sends polls of."""
    return write_urls(folder / "urls", [f"{api.url}/stores/{quote(one, safe='')}" for one in given.load_stores])

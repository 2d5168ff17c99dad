"""The live path: from a poll's acknowledgement until it is visible, while thousands of others arrive."""

import sys
import time
from functools import partial

import msgspec
import numpy as np

from tests.benchmarks.contenders import DURABLE_WITHIN_S
from tests.benchmarks.figures import at_most, figure, ratios
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.live_polls import LiveInput, newest_micros
from tests.benchmarks.measured import measured, wait_for_end
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.source import Source, source_of
from tests.benchmarks.steady_load import steady_load
from tests.benchmarks.workbench import Workbench, environment_of
from tests.benchmarks.worker import MeasuredWorker, running_worker
from tests.support.flushing import without_flushing

PREFIX = "live-"
PROBE_STORES = 200
PROBES_WITHIN_S = 600.0

_of_group = partial(figure, "live")


def measure(bench: Workbench) -> Measurements:
    """The group's figures."""
    delays: list[list[float]] = []
    unflushed: list[list[float]] = []
    loads: list[float] = []
    with bench.broker("live") as kafka, KafkaView(kafka.address.bootstrap) as view:
        bench.replay(bench.sample(bench.scale.stores, bench.scale.days), kafka.address.bootstrap, PREFIX)
        source = source_of(kafka, view, PREFIX)
        environment = {"KAFKA_BROKERS": source.brokers, "TOPIC_PREFIX": source.prefix, "APP_ID": "live"}
        with running_worker(bench.new_folder("live"), source.partitions, environment) as worker:
            worker.durable_at(source.ends, DURABLE_WITHIN_S)
            for number in range(1, bench.scale.rounds + 1):
                ms, polls_per_s = _round(bench, worker, source, number)
                bench.say(f"live {number}: p50 {np.median(ms):.1f} ms at {polls_per_s:,.0f} polls/s")
                delays.append(ms)
                loads.append(polls_per_s)
                with without_flushing(source.brokers):
                    unflushed.append(_round(bench, worker, source, -number)[0])
    note = f"{len(delays[0])} probes a round, at {min(loads):,.0f}-{max(loads):,.0f} polls/s."
    medians, unflushed_medians = ([float(np.median(ms)) for ms in of_rounds] for of_rounds in (delays, unflushed))
    figures = {
        f"live_p{share}_ms": _of_group(
            f"acknowledged to visible, p{share}",
            "ms",
            [float(np.percentile(ms, share)) for ms in delays],
            at_most(limit),
            note,
        )
        for share, limit in ((50, 50), (99, 200))
    }
    figures["live_flush_ratio"] = _of_group(
        "the median with every append flushed",
        "x",
        ratios(medians, unflushed_medians),
        note="to the median with a broker that leaves the flush to the system, as Kafka does by default.",
    )
    return Measurements(figures)


def _round(bench: Workbench, worker: MeasuredWorker, source: Source, number: int) -> tuple[list[float], float]:
    """The delays of the probes in milliseconds, and the polls a second that arrived meanwhile."""
    worker.durable_at(source.view.ends([source.topic]), DURABLE_WITHIN_S)  # what the round before has left
    folder = bench.new_folder(f"live-{number}")
    tables = str(worker.databases[0].parent)
    with steady_load(live_input(worker, source), source, folder, bench.scale.load_polls_per_s) as load:
        probe = [sys.executable, "-m", "tests.benchmarks.live_probe", str(load.input_file), tables]
        command = [*probe, str(folder / "secondaries"), str(bench.scale.probes)]
        with measured("probe", command, environment_of({}), folder) as probing:
            wait_for_end(probing, PROBES_WITHIN_S)
    return msgspec.json.decode(probing.log_tail(1), type=list[float]), load.arrived_per_s()


def live_input(worker: MeasuredWorker, source: Source) -> LiveInput:
    """Stores of every partition for the probes, all others for the load."""
    contents = worker.contents()
    ids = sorted(store_id.decode() for content in contents for store_id in content.ids)
    probes = ids[:: max(1, len(ids) // PROBE_STORES)]
    others = sorted(set(ids) - set(probes))
    return LiveInput(source.brokers, source.topic, others, probes, newest_micros(contents), time.time())

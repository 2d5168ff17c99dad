"""Catching up from full lag: our worker against its rivals, on one topic and in turns."""

import os
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from tests.benchmarks.contenders import (
    COMMIT_INTERVAL_S,
    RIVALS_PYTHON,
    Taken,
    take_by_floor,
    take_by_kafka_streams,
    take_by_quix_streams,
    take_by_stock_faust,
)
from tests.benchmarks.ingest_figures import (
    FLOOR,
    OURS,
    OURS_2S,
    OURS_UNFLUSHED,
    QUIX_BYTES,
    QUIX_JSON,
    STOCK_FAUST_SET,
    STOCK_FAUST_TAKE,
    STREAMS,
    ingest_figures,
)
from tests.benchmarks.kafka_streams_build import Buildable, build, buildable
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.ours import Kept, take_by_worker
from tests.benchmarks.source import Source, source_of
from tests.benchmarks.workbench import Workbench
from tests.support.flushing import without_flushing
from tests.support.kafka import java_and_jars

PREFIX = "ingest-"

Contender: TypeAlias = Callable[[str], Taken]


def measure(bench: Workbench) -> Measurements:
    """The group's figures."""
    kept: list[Kept] = []
    with bench.broker("ingest") as kafka, KafkaView(kafka.address.bootstrap) as view:
        bench.replay(bench.sample(bench.scale.stores, bench.scale.days), kafka.address.bootstrap, PREFIX)
        contenders, skipped = _contenders(bench, source_of(kafka, view, PREFIX), kept)
        taken: dict[str, list[Taken]] = {name: [] for name in contenders}
        for number in range(1, bench.scale.rounds + 1):
            for name, take in contenders.items():
                run = take(f"{name}-{number}")
                bench.say(f"{name} {number}: {run.polls_per_s:,.0f} polls/s, {run.usage.cpu_s:.1f} CPU s")
                taken[name].append(run)
    return Measurements(ingest_figures(taken, kept), skipped)


def _contenders(bench: Workbench, source: Source, kept: list[Kept]) -> tuple[dict[str, Contender], dict[str, str]]:
    """Who runs in a round, in this order, and who can't here."""
    skipped: dict[str, str] = {}

    def ours(name: str) -> Taken:
        taken, left = take_by_worker(bench, source, name)
        kept.append(left)
        return taken

    def ours_2s(name: str) -> Taken:
        return take_by_worker(bench, source, name, {"CHECKPOINT_INTERVAL": str(COMMIT_INTERVAL_S)})[0]

    def ours_unflushed(name: str) -> Taken:
        with without_flushing(source.brokers):
            return take_by_worker(bench, source, name)[0]

    contenders: dict[str, Contender] = {OURS_2S: ours_2s}
    java = java_and_jars()[0]
    tools = buildable(os.environ, java)
    if isinstance(tools, Buildable):
        class_path = build(tools, os.environ)
        contenders[STREAMS] = partial(take_by_kafka_streams, bench, source, java=java, class_path=class_path)
    else:
        skipped["Kafka Streams"] = tools
    contenders |= {OURS: ours, OURS_UNFLUSHED: ours_unflushed, FLOOR: partial(take_by_floor, bench, source)}
    if RIVALS_PYTHON.exists():
        contenders[QUIX_BYTES] = partial(take_by_quix_streams, bench, source, variant="bytes")
        contenders[QUIX_JSON] = partial(take_by_quix_streams, bench, source, variant="json")
    else:
        skipped["Quix Streams"] = f"there is no {RIVALS_PYTHON} (`make bench` makes it)"
    contenders[STOCK_FAUST_SET] = partial(take_by_stock_faust, bench, source, variant="set")
    contenders[STOCK_FAUST_TAKE] = partial(take_by_stock_faust, bench, source, variant="take")
    return contenders, skipped

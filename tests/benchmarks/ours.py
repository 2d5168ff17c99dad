"""Our contender's turn: a fresh worker from full lag until all its state is durable."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.benchmarks.contenders import DURABLE_WITHIN_S, Taken
from tests.benchmarks.source import Source
from tests.benchmarks.workbench import Workbench
from tests.benchmarks.worker import MeasuredWorker, running_worker


@dataclass(frozen=True, slots=True)
class Kept:
    """What a worker has left behind, in bytes a store: databases, changelog as written, and its keys and values."""

    on_disk: float
    in_changelog: float
    keys_and_values: float


def take_by_worker(
    bench: Workbench, source: Source, name: str, settings: Mapping[str, str] | None = None
) -> tuple[Taken, Kept]:
    """The whole topic by our worker, under an app id of its own, so that source topics are shared and state is not."""
    environment = {"KAFKA_BROKERS": source.brokers, "TOPIC_PREFIX": source.prefix, "APP_ID": name, **(settings or {})}
    with running_worker(bench.new_folder(name), source.partitions, environment) as worker:
        durable = worker.durable_at(source.ends, DURABLE_WITHIN_S)
        return Taken(source.polls, durable - worker.assigned_at(), worker.usage()), _kept(worker, source)


def _kept(worker: MeasuredWorker, source: Source) -> Kept:
    contents = worker.contents()
    stores = sum(len(content.ids) for content in contents)
    values = sum(
        sum(map(len, [*content.ids, *content.values, *content.calendars, *content.calendars.values()]))
        for content in contents
    )
    segments = source.log_folder.glob(f"{worker.topics.changelog}-*/*.log")
    changelog = sum(path.stat().st_size for path in segments)
    return Kept(worker.table_bytes() / stores, changelog / stores, values / stores)

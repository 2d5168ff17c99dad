"""Growth: the same number of polls from a thousand stores up to a million."""

import asyncio
from functools import partial

import numpy as np

from producers.publisher import open_publisher
from stream_app.codec.records import encode_polls
from stream_app.settings import load_settings
from stream_app.topics import ensure_topics, topics_of
from tests.benchmarks.contenders import Taken
from tests.benchmarks.figures import Figure, at_most, figure, ratios
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.ours import take_by_worker
from tests.benchmarks.source import Source, source_of
from tests.benchmarks.workbench import Workbench

DAYS = 8
END_MICROS = 1_710_417_600_000_000  # 2024-03-14T12:00:00Z, as the sample's
INACTIVE_SHARE = 0.08
SEED = 1
MARGIN_MIB = 300

_MICROS_PER_DAY = 86_400_000_000
_RECORDS_AT_ONCE = 20_000
_MIB = 1 << 20

_of_group = partial(figure, "growth")


def measure(bench: Workbench) -> Measurements:
    """The group's figures."""
    with bench.broker("growth") as kafka, KafkaView(kafka.address.bootstrap) as view:
        sources: dict[int, Source] = {}
        for stores in bench.scale.growth_stores:
            prefix = f"growth-{stores}-"
            bench.say(f"loading {bench.scale.growth_polls:,} polls of {stores:,} stores")
            asyncio.run(publish_polls(kafka.address.bootstrap, prefix, stores, bench.scale.growth_polls))
            sources[stores] = source_of(kafka, view, prefix)
        taken: dict[int, list[Taken]] = {stores: [] for stores in sources}
        for number in range(1, bench.scale.rounds + 1):
            for stores, source in sources.items():
                run, _ = take_by_worker(bench, source, f"growth-{stores}-{number}")
                bench.say(f"{stores:,} stores: {run.polls_per_s:,.0f} polls/s, {run.usage.peak_rss_mib:,.0f} MiB")
                taken[stores].append(run)
    return Measurements(growth_figures(taken, load_settings({}).cache_max_bytes / _MIB))


def growth_figures(taken: dict[int, list[Taken]], cache_mib: float) -> dict[str, Figure]:
    """How much slower the most stores are than the fewest, and each size's speed and memory, beside the cache's MiB."""
    speeds = {stores: [run.polls_per_s for run in runs] for stores, runs in taken.items()}
    fewest, most = min(speeds), max(speeds)
    bound = at_most(cache_mib + MARGIN_MIB)  # MiB
    falls = ratios(speeds[fewest], speeds[most])
    figures = {"growth": _of_group(f"polls/s of {fewest:,} stores to those of {most:,}", "x", falls, at_most(2))}
    for stores, runs in taken.items():
        memory = [run.usage.peak_rss_mib for run in runs]
        figures[f"growth_polls_per_s_{stores}"] = _of_group(f"{stores:,} stores", "polls/s", speeds[stores])
        figures[f"growth_peak_rss_mib_{stores}"] = _of_group(f"{stores:,} stores, peak memory", "MiB", memory, bound)
    return figures


async def publish_polls(brokers: str, prefix: str, stores: int, polls: int) -> None:
    """Polls of all stores in turn, evenly over the days, in the order of their times; no store has a calendar."""
    settings = load_settings({"KAFKA_BROKERS": brokers, "TOPIC_PREFIX": prefix, "APP_ID": f"{prefix}unused"})
    await ensure_topics(settings)
    random = np.random.default_rng(SEED)
    order = random.permutation(stores)
    times = END_MICROS - DAYS * _MICROS_PER_DAY + np.arange(polls) * (DAYS * _MICROS_PER_DAY) // polls
    observations = times * 2 + (random.random(polls) < INACTIVE_SHARE)
    async with open_publisher(brokers) as publisher:
        for start in range(0, polls, _RECORDS_AT_ONCE):
            chunk = slice(start, min(start + _RECORDS_AT_ONCE, polls))
            ids = [f"{9 * 10**18 + 7_919 * store}" for store in order[np.arange(polls)[chunk] % stores].tolist()]
            values = encode_polls(ids, observations[chunk])
            records = list(zip(map(str.encode, ids), values, strict=True))
            await publisher.publish(topics_of(settings).polls, records, END_MICROS / 1_000_000)
        await publisher.all_acknowledged()

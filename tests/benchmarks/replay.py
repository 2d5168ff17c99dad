"""The producers: from CSV files to validated polls that Kafka has acknowledged."""

from tests.benchmarks.figures import at_least, figure, ratios
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.source import source_of
from tests.benchmarks.workbench import Workbench
from tests.support.flushing import without_flushing


def measure(bench: Workbench) -> Measurements:
    """The group's figure: each round sends everything to topics of its own."""
    sample = bench.sample(bench.scale.stores, bench.scale.days)
    speeds, unflushed = [], []
    with bench.broker("replay") as kafka, KafkaView(kafka.address.bootstrap) as view:
        for number in range(1, bench.scale.rounds + 1):
            prefix = f"replay-{number}-"
            seconds = bench.replay(sample, kafka.address.bootstrap, prefix)
            speeds.append(source_of(kafka, view, prefix).polls / seconds)
            bench.say(f"replay {number}: {speeds[-1]:,.0f} polls/s")
            prefix = f"replay-unflushed-{number}-"
            with without_flushing(kafka.address.bootstrap):
                seconds = bench.replay(sample, kafka.address.bootstrap, prefix)
            unflushed.append(source_of(kafka, view, prefix).polls / seconds)
            bench.say(f"replay {number}, unflushed: {unflushed[-1]:,.0f} polls/s")
    note = "polls by the time of the whole process: its start, the topics' creation and all calendars count."
    title = "producers: CSV to acknowledged (acks=all)"
    kept = "to the speed with a broker that leaves the flush to the system, as Kafka does by default."
    return Measurements(
        {
            "replay_polls_per_s": figure("replay", title, "polls/s", speeds, at_least(150_000), note),
            "replay_flush_ratio": figure(
                "replay", "with every append flushed", "x", ratios(speeds, unflushed), None, kept
            ),
        }
    )

"""The figures of catching up, from what every contender took in."""

from collections.abc import Mapping, Sequence
from functools import partial

from tests.benchmarks.contenders import Taken
from tests.benchmarks.figures import Figure, at_least, at_most, better, figure, ratios
from tests.benchmarks.ours import Kept

OURS, OURS_2S, OURS_UNFLUSHED, FLOOR = "ours", "ours-2s", "ours-unflushed", "floor"
STREAMS, QUIX_BYTES, QUIX_JSON = "kafka-streams", "quix-streams-bytes", "quix-streams-json"
STOCK_FAUST_SET, STOCK_FAUST_TAKE = "stock-faust-set", "stock-faust-take"

_MILLION = 1_000_000
_PER_S, _TIMES, _SHARE = "polls/s", "x", "of 1"

_of_group = partial(figure, "ingest")


def ingest_figures(taken: Mapping[str, Sequence[Taken]], kept: Sequence[Kept]) -> dict[str, Figure]:
    """All figures by key; those of a rival that was not run are missing."""
    speeds = {name: [run.polls_per_s for run in runs] for name, runs in taken.items()}
    ours = speeds[OURS]
    figures = {"ingest_polls_per_s": _of_group("catch-up, one worker, all state durable", _PER_S, ours)}
    figures |= _against_faust(speeds)
    if QUIX_BYTES in speeds:
        figures |= _against_quix(speeds)
    if STREAMS in taken:
        figures |= _against_streams(taken[OURS_2S], taken[STREAMS])
    figures["ingest_share_of_floor"] = _of_group(
        "share of the raw floor", _SHARE, ratios(ours, speeds[FLOOR]), at_least(0.55)
    )
    figures["ingest_flush_ratio"] = _of_group(
        "ours with every append flushed",
        _TIMES,
        ratios(ours, speeds[OURS_UNFLUSHED]),
        note="to the speed with a broker that leaves the flush to the system; all others run on the one that flushes.",
    )
    figures["floor_polls_per_s"] = _of_group("raw floor: fetched and decoded", _PER_S, speeds[FLOOR])
    return figures | _cost(taken[OURS]) | _size(kept)


def _against_faust(speeds: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    return {
        "ingest_ratio_stock_faust": _ratio_to_better(speeds, "stock Faust", (STOCK_FAUST_SET, STOCK_FAUST_TAKE), 80),
        "stock_faust_set_polls_per_s": _of_group("stock Faust, one set a poll", _PER_S, speeds[STOCK_FAUST_SET]),
        "stock_faust_take_polls_per_s": _of_group("stock Faust, take()", _PER_S, speeds[STOCK_FAUST_TAKE]),
    }


def _against_quix(speeds: Mapping[str, Sequence[float]]) -> dict[str, Figure]:
    return {
        "ingest_ratio_quix": _ratio_to_better(speeds, "Quix Streams", (QUIX_BYTES, QUIX_JSON), 6),
        "quix_bytes_polls_per_s": _of_group("Quix Streams, State.set_bytes", _PER_S, speeds[QUIX_BYTES]),
        "quix_json_polls_per_s": _of_group("Quix Streams, State.set", _PER_S, speeds[QUIX_JSON]),
    }


def _ratio_to_better(
    speeds: Mapping[str, Sequence[float]], rival: str, variants: Sequence[str], limit: float
) -> Figure:
    """Our speed to that of a rival's better variant."""
    best = better({name: speeds[name] for name in variants})
    note = f"against `{best}`, its better variant."
    return _of_group(f"ours to {rival}", _TIMES, ratios(speeds[OURS], speeds[best]), at_least(limit), note)


def _against_streams(ours: Sequence[Taken], theirs: Sequence[Taken]) -> dict[str, Figure]:
    speeds, their_speeds = ([run.polls_per_s for run in runs] for runs in (ours, theirs))
    cpu, their_cpu = ([run.usage.cpu_s for run in runs] for runs in (ours, theirs))
    return {
        "ingest_ratio_kafka_streams": _of_group(
            "ours to Kafka Streams, both at 2 s", _TIMES, ratios(speeds, their_speeds), at_least(1.2)
        ),
        "ingest_cpu_share_of_kafka_streams": _of_group(
            "our CPU seconds to those of Kafka Streams", _SHARE, ratios(cpu, their_cpu), at_most(0.5)
        ),
        "ingest_2s_polls_per_s": _of_group("ours with checkpoints every 2 s", _PER_S, speeds),
        "kafka_streams_polls_per_s": _of_group("Kafka Streams, commits every 2 s", _PER_S, their_speeds),
        "ingest_2s_cpu_s": _of_group("ours with checkpoints every 2 s, CPU", "s", cpu),
        "kafka_streams_cpu_s": _of_group("Kafka Streams, CPU", "s", their_cpu),
        "kafka_streams_peak_rss_mib": _of_group(
            "Kafka Streams, peak memory", "MiB", [run.usage.peak_rss_mib for run in theirs]
        ),
    }


def _cost(ours: Sequence[Taken]) -> dict[str, Figure]:
    cpu = [run.usage.cpu_s / run.polls * _MILLION for run in ours]
    return {
        "cpu_s_per_million_polls": _of_group("CPU a million polls, the process's start included", "s", cpu),
        "peak_rss_mib": _of_group("peak memory", "MiB", [run.usage.peak_rss_mib for run in ours], at_most(300)),
    }


def _size(kept: Sequence[Kept]) -> dict[str, Figure]:
    pure = f"keys and values themselves are {kept[-1].keys_and_values:,.0f} bytes a store, its calendar included."
    return {
        "disk_bytes_per_store": _of_group(
            "bytes a store on disk", "bytes", [of.on_disk for of in kept], note=f"as the catch-up left it; {pure}"
        ),
        "changelog_bytes_per_store": _of_group(
            "bytes a store in the changelog",
            "bytes",
            [of.in_changelog for of in kept],
            note=f"every checkpoint's values, before Kafka compacts them; {pure}",
        ),
    }

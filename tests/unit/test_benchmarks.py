"""The parts of `make bench` that only count: figures, ratios, results and pages."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.benchmarks.contenders import Taken
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.figures import Figure, Target, at_least, at_most, better, figure, ratios
from tests.benchmarks.growth import growth_figures
from tests.benchmarks.http_figures import http_figures
from tests.benchmarks.http_rounds import Rounds
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
from tests.benchmarks.machine import Machine
from tests.benchmarks.million_report import MillionReport
from tests.benchmarks.oha import Load, load_of
from tests.benchmarks.ours import Kept
from tests.benchmarks.pages import number, page
from tests.benchmarks.report_rivals import RivalTimes, check_same
from tests.benchmarks.results import GroupRun, Results, merged, read_results, write_results
from tests.benchmarks.rivals.offset_periods import offset_periods
from tests.benchmarks.usage import Usage

MACHINE = Machine(2, "a processor", 24.0, "Linux 6.1", "3.11.7", "17.0.15")
KEPT = Kept(on_disk=900.0, in_changelog=4_000.0, keys_and_values=850.0)


def taken(*polls_per_s: float, cpu_s: float = 5.0, peak_rss_mib: float = 200.0) -> list[Taken]:
    return [Taken(1_000_000, 1_000_000 / speed, Usage(cpu_s, peak_rss_mib)) for speed in polls_per_s]


def results(*groups: str, machine: Machine = MACHINE, quick: bool = False, value: float = 1.0) -> Results:
    return Results(
        quick=quick,
        machine=machine,
        versions={"kafka": "4.3.1"},
        groups={name: GroupRun(f"make bench ONLY={name}", "2024-03-14T12:00:00+00:00", "abc", 0.5) for name in groups},
        figures={f"{name}_s": figure(name, "a title", "s", [value], at_most(0.5)) for name in groups},
    )


def everyone() -> dict[str, list[Taken]]:
    return {
        OURS_2S: taken(150_000, cpu_s=9.0),
        STREAMS: taken(100_000, cpu_s=30.0),
        OURS: taken(160_000, cpu_s=8.0, peak_rss_mib=180.0),
        OURS_UNFLUSHED: taken(200_000),
        FLOOR: taken(200_000),
        QUIX_BYTES: taken(20_000),
        QUIX_JSON: taken(10_000),
        STOCK_FAUST_SET: taken(1_500),
        STOCK_FAUST_TAKE: taken(1_600),
    }


def test_a_figure_is_the_median_of_its_rounds() -> None:
    made = figure("g", "t", "s", [3.0, 1.0, 2.0])

    assert (made.median, made.min, made.max, made.rounds) == (2.0, 1.0, 3.0, [3.0, 1.0, 2.0])
    assert made.reached is None


@pytest.mark.parametrize(
    ("target", "reached"), [(at_least(2), True), (at_least(2.1), False), (at_most(2), True), (at_most(1.9), False)]
)
def test_the_median_has_to_reach_the_target(target: Target, reached: bool) -> None:  # noqa: FBT001
    assert figure("g", "t", "s", [1.0, 2.0, 9.0], target).reached is reached


def test_a_ratio_is_made_round_by_round() -> None:
    assert ratios([10.0, 30.0], [5.0, 10.0]) == [2.0, 3.0]


def test_rounds_that_are_missing_are_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_the_better_variant_is_the_one_with_the_greater_median() -> None:
    assert better({"a": [1.0, 9.0, 1.0], "b": [2.0, 2.0, 2.0]}) == "b"


def test_ingest_has_the_keys_of_the_issue() -> None:
    figures = ingest_figures(everyone(), [KEPT])

    assert figures.keys() >= {
        "ingest_polls_per_s",
        "ingest_ratio_stock_faust",
        "ingest_ratio_quix",
        "ingest_ratio_kafka_streams",
        "ingest_share_of_floor",
        "cpu_s_per_million_polls",
        "peak_rss_mib",
        "disk_bytes_per_store",
        "changelog_bytes_per_store",
    }


def test_each_ratio_is_against_the_right_run_of_ours() -> None:
    figures = ingest_figures(everyone(), [KEPT])

    assert figures["ingest_ratio_stock_faust"].median == pytest.approx(100)  # the better variant: 160,000 to 1,600
    assert figures["ingest_ratio_quix"].median == pytest.approx(8)
    assert figures["ingest_ratio_kafka_streams"].median == pytest.approx(1.5)  # both at 2 s
    assert figures["ingest_cpu_share_of_kafka_streams"].median == pytest.approx(0.3)
    assert figures["ingest_share_of_floor"].median == pytest.approx(0.8)
    assert figures["ingest_flush_ratio"].median == pytest.approx(0.8)
    assert figures["cpu_s_per_million_polls"].median == pytest.approx(8)
    assert figures["peak_rss_mib"].median == pytest.approx(180)
    assert all(made.reached in {True, None} for made in figures.values())


def test_rivals_that_were_not_run_have_no_figures() -> None:
    runs = {name: found for name, found in everyone().items() if name not in {STREAMS, QUIX_BYTES, QUIX_JSON}}

    assert not {key for key in ingest_figures(runs, [KEPT]) if "kafka_streams" in key or "quix" in key}


def test_growth_compares_the_fewest_stores_with_the_most() -> None:
    runs = {1_000: taken(200_000), 1_000_000: taken(80_000, peak_rss_mib=700.0)}

    figures = growth_figures(runs, cache_mib=256)

    assert figures["growth"].median == pytest.approx(2.5)
    assert figures["growth"].reached is False
    assert figures["growth_peak_rss_mib_1000"].reached is True
    assert figures["growth_peak_rss_mib_1000000"].reached is False


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    written = results("ingest", "live")
    write_results(tmp_path / "benchmarks.json", written)

    assert read_results(tmp_path / "benchmarks.json") == written
    assert read_results(tmp_path / "none.json") is None


def test_a_file_of_another_kind_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.json").write_text('{"figures": {}}')

    with pytest.raises(msgspec.ValidationError):
        read_results(tmp_path / "benchmarks.json")


def test_groups_that_were_not_run_stay_as_they_were() -> None:
    both = merged(results("ingest", "live", value=1.0), results("live", value=2.0))

    assert {key: made.median for key, made in both.figures.items()} == {"ingest_s": 1.0, "live_s": 2.0}
    assert both.groups.keys() == {"ingest", "live"}


@pytest.mark.parametrize(
    "earlier",
    [results("ingest", machine=msgspec.structs.replace(MACHINE, cores=8)), results("ingest", quick=True)],
    ids=["another machine", "a quick run"],
)
def test_what_cannot_be_compared_is_dropped(earlier: Results) -> None:
    assert merged(earlier, results("live")).figures.keys() == {"live_s"}


def test_the_page_says_what_was_not_reached_and_what_was_skipped() -> None:
    run = GroupRun("make bench", "2024-03-14T12:00:00+00:00", "abc", 2.5, {"Kafka Streams": "no javac"})
    text = page(msgspec.structs.replace(results("ingest"), groups={"ingest": run}))

    assert "| a title | ingest_s | 1 | s | ≤ 0.50 | NOT reached |" in text
    assert "- Kafka Streams: skipped, no javac" in text
    assert "Quick run" not in text


@pytest.mark.parametrize(
    ("value", "written"),
    [(178_432.1, "178,432"), (118.7, "119"), (11.86, "11.9"), (0.587, "0.59"), (80.0, "80"), (2, "2")],
)
def test_figures_are_written_to_three_digits(value: float, written: str) -> None:
    assert number(value) == written


def test_a_figure_needs_a_round() -> None:
    with pytest.raises(ValueError, match="no median"):
        figure("g", "t", "s", [])


def test_figures_are_what_the_file_has_of_them() -> None:
    made = figure("g", "t", "s", [1.0], at_least(1))

    assert msgspec.json.decode(msgspec.json.encode(made), type=Figure) == made


def oha_says(**changed: object) -> bytes:
    answer: dict[str, object] = {
        "summary": {"successRate": 1.0, "requestsPerSec": 1612.5},
        "latencyPercentiles": {"p50": 0.0021, "p99": 0.0094, "p99.99": None},
        "statusCodeDistribution": {"200": 16125},
        "errorDistribution": {"aborted due to deadline": 4},
    }
    return msgspec.json.encode(answer | changed)


def test_a_load_is_what_oha_has_counted() -> None:
    found = load_of(oha_says())

    assert (found.requests, found.requests_per_s) == (16125, 1612.5)
    assert [found.p50_ms, found.p99_ms] == pytest.approx([2.1, 9.4])


@pytest.mark.parametrize(
    "changed",
    [
        {"statusCodeDistribution": {"200": 9, "503": 1}},
        {"statusCodeDistribution": {}, "latencyPercentiles": {"p50": None, "p99": None}},
        {"errorDistribution": {"connection closed before message completed": 1}},
    ],
)
def test_a_load_that_was_not_answered_is_no_measurement(changed: dict[str, object]) -> None:
    with pytest.raises(BenchmarkError, match="not every request"):
        load_of(oha_says(**changed))


def test_http_figures_have_the_keys_of_the_issue() -> None:
    load = Load(1000, 1_600.0, 2.0, 9.0)
    rival = RivalTimes(csv_ms=2_000.0, memory_ms=900.0)
    rounds = Rounds([load], [load], [load], [[40.0, 60.0]], [300.0], {"polars": [rival], "duckdb": [rival]})

    figures = http_figures(rounds, [MillionReport(18.0, 1_400.0, [0.5])], 5_000.0, 300.0)

    assert figures["http_store_requests_per_s"].median == pytest.approx(1_600)
    assert figures["http_visible_p50_ms"].median == pytest.approx(50)
    assert figures["http_report_ratio_polars_csv"].median == pytest.approx(2_000 / 300)
    assert figures["http_report_ratio_duckdb_memory"].median == pytest.approx(3)
    assert {made.reached for made in figures.values()} == {True, None}
    assert figures.keys() >= {
        "http_store_p99_ms",
        "http_live_p99_ms_during_report",
        "http_visible_p99_ms",
        "http_report_ms",
        "http_report_ratio_polars_memory",
        "http_million_report_s",
        "http_million_peak_mib",
    }
    without = http_figures(
        replace(rounds, fastest=[], rivals={}), [MillionReport(18.0, 1_400.0, [0.5])], 5_000.0, 300.0
    )
    assert not {key for key in without if "requests" in key or "p99_ms_during" in key or "ratio" in key}


def test_reports_of_others_are_compared_store_by_store() -> None:
    check_same("polars", {"a": (5.0, 12.5)}, {"a": (5, 12.5)})

    with pytest.raises(BenchmarkError, match=r"1 have other figures; b: \(1\.0,\) to our \(2\.0,\)"):
        check_same("polars", {"a": (1.0,), "b": (1.0,)}, {"a": (1.0,), "b": (2.0,)})


def test_offset_periods_change_where_the_clocks_do() -> None:
    first, end = datetime(2024, 3, 5, tzinfo=UTC), datetime(2024, 3, 20, tzinfo=UTC)

    found = offset_periods(["America/Chicago", "America/Phoenix"], first, end)

    changed = datetime(2024, 3, 10, 8)  # noqa: DTZ001 - the rivals' columns have no zone
    naive = [edge.replace(tzinfo=None) for edge in (first, end)]
    assert found == [
        ("America/Chicago", naive[0], changed, -360),
        ("America/Chicago", changed, naive[1], -300),
        ("America/Phoenix", naive[0], naive[1], -420),
    ]

"""The figures of the group `http`, from what was measured."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from tests.benchmarks.figures import Figure, at_least, at_most, figure, ratios
from tests.benchmarks.http_rounds import Rounds
from tests.benchmarks.million_report import MillionReport

_of_group = partial(figure, "http")


def http_figures(
    rounds: Rounds, millions: Sequence[MillionReport], polls_per_s: float, api_mib: float
) -> dict[str, Figure]:
    """The group's figures; without oha those of loads are left out, and without rivals the ratios."""
    note = f"beside a worker that took in {polls_per_s:,.0f} polls/s."
    return {
        **(_of_loads(rounds, note) if rounds.fastest else {}),
        **{
            f"http_visible_p{share}_ms": _of_group(
                f"acknowledged to visible in GET /stores/{{id}}, p{share}",
                "ms",
                [float(np.percentile(ms, share)) for ms in rounds.visible_ms],
                at_most(limit),
                note,
            )
            for share, limit in ((50, 100), (99, 250))
        },
        "http_report_ms": _of_group("report, trigger to file on disk", "ms", rounds.report_ms, at_most(400), note),
        **_of_rivals(rounds),
        "http_api_peak_mib": _of_group("API and its report process, peak memory", "MiB", [api_mib]),
        "http_million_report_s": _of_group(
            "report of very many stores", "s", [each.seconds for each in millions], at_most(20)
        ),
        "http_million_peak_mib": _of_group(
            "the same, API and its report process, peak memory",
            "MiB",
            [each.peak_mib for each in millions],
            at_most(1536),
        ),
    }


def _of_loads(rounds: Rounds, note: str) -> dict[str, Figure]:
    fastest = [load.requests_per_s for load in rounds.fastest]
    at_rate, beside = ([load.p99_ms for load in loads] for loads in (rounds.at_rate, rounds.beside_reports))
    return {
        "http_store_requests_per_s": _of_group(
            "GET /stores/{id}, one process", "requests/s", fastest, at_least(1_500), note
        ),
        "http_store_p99_ms": _of_group("GET /stores/{id} at 500/s, p99", "ms", at_rate, at_most(10), note),
        "http_live_p99_ms_during_report": _of_group(
            "GET /stores/{id} at 200/s while reports are made, p99", "ms", beside, at_most(50), note
        ),
    }


def _of_rivals(rounds: Rounds) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    reach = {"polars": (at_least(5), at_least(2))}
    for name, times in rounds.rivals.items():
        ways = (("csv", [each.csv_ms for each in times]), ("memory", [each.memory_ms for each in times]))
        for (way, ms), target in zip(ways, reach.get(name, (None, None)), strict=True):
            title = f"report by {name} from {'CSV' if way == 'csv' else way}"
            found[f"http_report_{name}_{way}_ms"] = _of_group(title, "ms", ms)
            found[f"http_report_ratio_{name}_{way}"] = _of_group(
                f"{title}, to ours", "x", ratios(ms, rounds.report_ms), target
            )
    return found

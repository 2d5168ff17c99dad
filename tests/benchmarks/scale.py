"""How much `make bench` measures: in full, or quickly, to see that the harness itself works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of every group: `rounds` runs of each contender, and what each of them takes in.

    The stock Faust agent and Quix Streams get the first `faust_polls` and `quix_polls` alone: they are too slow for
    the rest. `probes` are the polls a round whose way into the table, or to an answer, is timed. `http_s` is how long
    each load of the API lasts, `reports` how many of `report_stores` are made a round. `push_probes`
    are those whose way to every client is timed, `post_s` how long polls are sent over HTTP.
    """

    is_quick: bool
    rounds: int
    stores: int
    days: int
    restart_stores: int
    growth_stores: tuple[int, ...]
    growth_polls: int
    faust_polls: int
    quix_polls: int
    load_polls_per_s: int
    probes: int
    http_s: float
    report_stores: int
    reports: int
    million_stores: int
    push_clients: int
    push_sockets: int
    push_probes: int
    post_s: float


FULL = Scale(
    is_quick=False,
    rounds=3,
    stores=10_000,
    days=8,
    restart_stores=14_000,
    growth_stores=(1_000, 10_000, 100_000, 1_000_000),
    growth_polls=1_500_000,
    faust_polls=60_000,
    quix_polls=150_000,
    load_polls_per_s=5_000,
    probes=500,
    http_s=10.0,
    report_stores=14_000,
    reports=5,
    million_stores=1_000_000,
    push_clients=1_000,
    push_sockets=100,
    push_probes=300,
    post_s=15.0,
)

QUICK = Scale(
    is_quick=True,
    rounds=1,
    stores=1_000,
    days=1,
    restart_stores=1_400,
    growth_stores=(100, 1_000, 10_000),
    growth_polls=20_000,
    faust_polls=2_000,
    quix_polls=5_000,
    load_polls_per_s=1_000,
    probes=25,
    http_s=2.0,
    report_stores=1_400,
    reports=2,
    million_stores=20_000,
    push_clients=50,
    push_sockets=5,
    push_probes=20,
    post_s=2.0,
)

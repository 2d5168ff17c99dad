"""A store's time as runs without a gap."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain import runs as of_runs
from stream_app.domain.live_status import Status
from stream_app.domain.runs import Runs
from stream_app.domain.store_state import Buckets
from stream_app.domain.timeline import StatusRun, coarse, minutes_by_status, timeline, timelines
from tests.unit.domain.test_live_status import runs

UP, DOWN, UNKNOWN, CLOSED = Status.UP, Status.DOWN, Status.UNKNOWN, Status.CLOSED


def test_runs_cover_the_range_without_a_gap() -> None:
    found = timeline(Buckets(runs((10, 20)), runs((20, 25))), runs((5, 30), (40, 50)), 0, 45)

    assert found == [
        (CLOSED, 0, 5),
        (UNKNOWN, 5, 10),
        (UP, 10, 20),
        (DOWN, 20, 25),
        (UNKNOWN, 25, 30),
        (CLOSED, 30, 40),
        (UNKNOWN, 40, 45),
    ]
    assert minutes_by_status(found) == {UP: 10, DOWN: 5, UNKNOWN: 15, CLOSED: 15}


def test_what_lies_outside_the_range_is_cut_off() -> None:
    assert timeline(Buckets(runs((0, 100)), runs()), runs((0, 100)), 40, 60) == [(UP, 40, 60)]


def test_each_store_has_runs_of_its_own() -> None:
    second = Runs(*of_runs.of_rows(np.array([1]), 10, 30))

    found = timelines(Buckets(runs((5, 15)), second), of_runs.union(*both(runs((0, 20)), second)), 0, 40, 2)

    assert found == [
        [(UNKNOWN, 0, 5), (UP, 5, 15), (UNKNOWN, 15, 20), (CLOSED, 20, 40)],
        [(CLOSED, 0, 10), (DOWN, 10, 30), (CLOSED, 30, 40)],
    ]


def both(one: Runs, other: Runs) -> tuple[of_runs.Minutes, of_runs.Minutes]:
    return np.concatenate((one.start, other.start)), np.concatenate((one.end, other.end))


@pytest.mark.parametrize(
    ("within", "shown"), [((UP, DOWN), DOWN), ((UP, UNKNOWN), UNKNOWN), ((CLOSED, UP), UP), ((UNKNOWN, DOWN), DOWN)]
)
def test_coarse_slot_shows_the_worst_that_was_in_it(within: tuple[Status, Status], shown: Status) -> None:
    found = coarse([StatusRun(within[0], 60, 61), StatusRun(within[1], 61, 120)], 60)

    assert found == [(shown, 60, 120)]


def test_coarse_edges_lie_at_multiples_and_at_the_ends_of_the_range() -> None:
    fine = [StatusRun(UP, 50, 70), StatusRun(DOWN, 70, 71), StatusRun(UP, 71, 200)]

    assert coarse(fine, 60) == [(UP, 50, 60), (DOWN, 60, 120), (UP, 120, 200)]
    assert coarse(fine, 2) == [(UP, 50, 70), (DOWN, 70, 72), (UP, 72, 200)]
    assert coarse(fine, 1) == fine
    assert coarse([], 60) == []


@given(st.lists(st.sampled_from(("up", "down", "unknown", "closed")), min_size=1, max_size=40), st.integers(1, 20))
def test_timeline_says_what_each_minute_says_and_coarse_the_worst_of_each_slot(said: list[str], slot: int) -> None:
    first = 1000
    minutes = np.arange(len(said)) + first

    def where(*statuses: str) -> Runs:
        chosen = minutes[np.isin(said, statuses)]
        return of_runs.union(chosen, chosen + 1)

    found = timeline(Buckets(where("up"), where("down")), where("up", "down", "unknown"), first, first + len(said))

    assert [str(run.status) for run in found for _ in range(run.start, run.end)] == said
    assert all(before.status != after.status for before, after in pairwise(found))
    shown = [str(run.status) for run in coarse(found, slot) for _ in range(run.start, run.end)]
    rank = ["down", "unknown", "up", "closed"].index
    assert shown == [
        min((said[other - first] for other in minutes.tolist() if other // slot == at // slot), key=rank)
        for at in minutes.tolist()
    ]

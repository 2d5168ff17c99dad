"""Figures of single stores, by hand."""

import numpy as np
import pytest

from stream_app.domain.figures import (
    Figures,
    Outages,
    bucket_figures,
    minutes_in,
    outage_list,
    outages,
    poll_hour_figures,
)
from stream_app.domain.runs import AXIS, Runs, of_rows, union
from stream_app.domain.status_runs import PollColumnsOfStates
from stream_app.domain.store_state import Buckets
from stream_app.domain.windows import Window

HOUR, DAY = Window(1000, 1060), Window(0, 1440)


def runs(*of: tuple[int, int, int]) -> Runs:
    """Runs of (row, start, end)."""
    row, start, end = np.array(of, np.int64).reshape(len(of), 3).T
    return union(*of_rows(row, start, end))


def polls(*of: tuple[int, int, bool]) -> PollColumnsOfStates:
    """Polls of (row, minute, is active)."""
    row, minute, is_active = (np.array([poll[column] for poll in of]) for column in range(3))
    return PollColumnsOfStates(row, minute, is_active)


def lists(figures: Figures) -> list[list[list[int]]]:
    """Of up, down and unknown, for each window, each store's minutes."""
    return [[minutes.tolist() for minutes in side] for side in figures.sides]


def of_outages(found: Outages) -> tuple[list[int], list[int]]:
    return found.count.tolist(), found.longest.tolist()


def test_minutes_of_a_window_count_from_its_first_up_to_its_end() -> None:
    assert minutes_in(runs((0, 990, 1001), (0, 1059, 1061), (2, 1060, 1100)), HOUR, 3).tolist() == [2, 0, 0]


def test_open_minutes_in_no_bucket_are_unknown() -> None:
    buckets = Buckets(runs((0, 1000, 1010)), runs((0, 1020, 1025), (1, 0, 10)))
    is_open = runs((0, 1000, 1040), (1, 0, 30))

    figures = bucket_figures(buckets, is_open, [HOUR, DAY], 2)

    assert lists(figures) == [[[10, 0], [10, 0]], [[5, 0], [5, 10]], [[25, 0], [25, 20]]]
    assert [minutes.tolist() for minutes in figures.business] == [[40, 0], [40, 30]]


def test_without_business_hours_nothing_is_unknown() -> None:
    buckets = Buckets(runs((0, 1000, 1010)), runs((0, 1020, 1025)))

    assert lists(bucket_figures(buckets, None, [HOUR, DAY], 1)) == [[[10], [10]], [[5], [5]], [[0], [0]]]


# poll_hours


@pytest.mark.parametrize(
    ("open_minutes", "expected"),
    [
        (59, (29, 30, 0)),  # 59 / 2, rounded down
        (60, (30, 30, 0)),
        (119, (59, 60, 0)),
        (120, (60, 60, 0)),
        (121, (60, 60, 1)),
        (122, (60, 60, 2)),
        (179, (60, 60, 59)),
    ],
)
def test_two_polls_claim_an_hour_each_as_far_as_there_is_time(
    open_minutes: int, expected: tuple[int, int, int]
) -> None:
    is_open = runs((0, 1000, 1000 + open_minutes))

    figures = poll_hour_figures(polls((0, 1000, True), (0, 1001, False)), is_open, [DAY], 1)

    assert [side[0].tolist() for side in figures.sides] == [[minutes] for minutes in expected]


def test_poll_hours_of_a_window_are_those_of_its_own_polls() -> None:
    before, after = Window(900, 1000), Window(1000, 1100)
    of_first, of_second = polls((0, 999, True), (0, 1000, False)), polls((0, 900, False), (0, 1100, True))
    is_open = runs((0, 0, 1440))

    assert lists(poll_hour_figures(of_first, is_open, [before, after], 1)) == [[[60], [0]], [[0], [60]], [[40], [40]]]
    assert lists(poll_hour_figures(of_second, is_open, [before, after], 1)) == [[[0], [0]], [[60], [0]], [[40], [100]]]


def test_poll_hours_of_a_store_are_those_of_its_own_polls_and_windows() -> None:
    of_two = polls((0, 1000, True), (2, 1000, False), (2, 1100, False))
    is_open = runs((0, 0, 1440), (1, 0, 1440), (2, 0, 1440))
    window = Window(np.array([900, 900, 1050]), np.array([1200, 1200, 1200]))

    assert lists(poll_hour_figures(of_two, is_open, [window], 3)) == [[[60, 0, 0]], [[0, 0, 60]], [[240, 300, 90]]]


# Outages


def test_outage_is_a_run_of_down_minutes() -> None:
    is_open, down = runs((0, 0, 1440), (1, 0, 1440)), runs((0, 100, 110), (0, 111, 140), (1, 7, 8))

    assert of_outages(outages(down, is_open, DAY, 3)) == ([2, 1, 0], [29, 1, 0])


def test_closing_time_neither_ends_an_outage_nor_counts() -> None:
    is_open = runs((0, 100, 200), (0, 300, 400), (0, 500, 600))
    down = runs((0, 190, 200), (0, 300, 400), (0, 500, 505), (0, 599, 600))

    assert of_outages(outages(down, is_open, DAY, 1)) == ([2], [115])


def test_outage_counts_as_far_as_it_lies_in_the_window() -> None:
    is_open, down = runs((0, 0, 1440)), runs((0, 900, 1005), (0, 1058, 1100))

    assert of_outages(outages(down, is_open, HOUR, 1)) == ([2], [5])


def test_outages_of_a_store_are_its_own_however_long_the_others_are_open() -> None:
    ages = 4_000_000_000  # minutes, to the year 9575
    is_open, down = runs((0, 0, ages), (1, 0, 100), (2, 0, 100)), runs((1, 90, 100), (2, 0, 3))

    assert of_outages(outages(down, is_open, Window(0, ages), 3)) == ([0, 1, 1], [0, 10, 3])


def test_outages_are_listed_with_both_ends_by_store() -> None:
    is_open = runs((0, 0, 50), (1, 0, 100), (1, 200, 300))
    down = runs((0, 10, 20), (1, 5, 8), (1, 90, 100), (1, 200, 210))

    found = outage_list(down, is_open, Window(0, 300))

    assert found.start.tolist() == [10, AXIS + 5, AXIS + 90]
    assert found.end.tolist() == [20, AXIS + 8, AXIS + 210]
    assert found.minutes.tolist() == [10, 3, 20]

"""Set algebra on runs of minutes, against sets of minutes."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain.runs import (
    AXIS,
    Runs,
    clip,
    contains,
    difference,
    empty,
    intersection,
    minutes_per_row,
    of_rows,
    rows_of,
    stacked,
    union,
)

LAST = 12
PAIRS = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)), max_size=6)
# Sorted and disjoint, as all runs are; some touch.
RUNS = st.lists(st.integers(0, LAST), unique=True, max_size=8).map(
    lambda edges: of_pairs(list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)))
)
TOUCHING = st.lists(st.integers(0, LAST), unique=True, min_size=2, max_size=6).map(
    lambda edges: of_pairs(list(pairwise(sorted(edges))))
)


def of_pairs(pairs: list[tuple[int, int]]) -> Runs:
    return Runs(np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64))


def pairs_of(runs: Runs) -> list[tuple[int, int]]:
    return list(zip(runs.start.tolist(), runs.end.tolist(), strict=True))


def minutes_of(runs: Runs) -> set[int]:
    return {minute for start, end in pairs_of(runs) for minute in range(start, end)}


def as_runs(minutes: set[int]) -> list[tuple[int, int]]:
    """The longest runs, one minute after the other."""
    found: list[tuple[int, int]] = []
    for minute in sorted(minutes):
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + 1)
        else:
            found.append((minute, minute + 1))
    return found


@given(pairs=PAIRS)
def test_union_is_the_minutes_of_any_in_the_longest_runs(pairs: list[tuple[int, int]]) -> None:
    joined = union(np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64))

    assert pairs_of(joined) == as_runs({minute for a, b in pairs for minute in range(a, b)})


@given(a=RUNS, b=RUNS)
def test_intersection_is_the_minutes_of_both(a: Runs, b: Runs) -> None:
    assert pairs_of(intersection(a, b)) == as_runs(minutes_of(a) & minutes_of(b))


@given(a=RUNS, b=st.one_of(RUNS, TOUCHING))
def test_difference_is_the_minutes_of_the_one_and_not_the_other(a: Runs, b: Runs) -> None:
    assert pairs_of(difference(a, b)) == as_runs(minutes_of(a) - minutes_of(b))


@given(runs=RUNS, first=st.integers(0, LAST), end=st.integers(0, LAST))
def test_clip_is_the_minutes_between_two(runs: Runs, first: int, end: int) -> None:
    assert pairs_of(clip(runs, first, end)) == as_runs(minutes_of(runs) & set(range(first, end)))


@given(runs=RUNS)
def test_runs_contain_their_minutes_and_no_others(runs: Runs) -> None:
    minutes = np.arange(-1, LAST + 2)

    assert minutes[contains(runs, minutes)].tolist() == sorted(minutes_of(runs))


def test_bounds_of_a_clip_are_within_each_row() -> None:
    runs = union(*of_rows(np.array([0, 1, 2]), 0, 10))

    clipped = clip(runs, np.array([1, 2, 9]), np.array([5, 12, 9]))

    assert pairs_of(clipped) == [(1, 5), (AXIS + 2, AXIS + 10)]


def test_rows_are_apart_and_a_little_before_midnight_of_1970_belongs_to_its_row() -> None:
    assert rows_of(np.array([-840, 0, AXIS - 840, AXIS, AXIS + 7])).tolist() == [0, 0, 1, 1, 1]


def test_minutes_are_counted_by_row_whether_it_has_any_or_not() -> None:
    runs = union(*of_rows(np.array([0, 2, 2]), np.array([5, 0, 7]), np.array([6, 3, 9])))

    counted = minutes_per_row(runs, 4)

    assert counted.tolist() == [1, 0, 5, 0]
    assert counted.dtype == np.int64
    assert minutes_per_row(empty(), 2).tolist() == [0, 0]


@given(rows=st.lists(RUNS, max_size=4))
def test_stacked_rows_stand_one_below_the_other(rows: list[Runs]) -> None:
    there = {row * AXIS + minute for row, runs in enumerate(rows) for minute in minutes_of(runs)}
    assert minutes_of(stacked(rows)) == there

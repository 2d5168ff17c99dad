"""What is kept of polls, and what is counted of those that change nothing or come late."""

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_app.domain.poll import observation
from stream_app.domain.runs import AXIS
from stream_app.domain.store_state import (
    NO_POLL,
    RetainedRange,
    StoreStates,
    active_runs,
    fold,
    last_observations,
    late,
    newest_until,
    no_polls,
    retained_range,
    superseded,
)

MINUTE = 60_000_000


def minute(*of: int) -> int:
    return int(datetime(*of, tzinfo=UTC).timestamp()) // 60  # type: ignore[arg-type, misc]


FIRST = minute(2023, 1, 10)
LATE_FIRST = minute(9999, 12, 20)  # where doubles no longer tell two microseconds of one minute apart
NOON = minute(2023, 1, 25, 12) * MINUTE

# Row, microseconds from the first retained minute, is active.
Poll = tuple[int, int, bool]

# Row 0 has polls before the range and in it, row 1 only before it, row 2 only in it, row 3 none.
POLLS: tuple[Poll, ...] = (
    (0, -5 * MINUTE, True),
    (0, -9 * MINUTE, False),
    (0, 3 * MINUTE, False),
    (0, 7 * MINUTE + 1, True),
    (1, -1, False),
    (2, 0, True),
    (2, 20 * MINUTE, False),
)


def columns(polls: tuple[Poll, ...], first: int = FIRST) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and observations."""
    rows = np.array([row for row, _, _ in polls], np.int64)
    return rows, np.array([seen(at, is_active=active, first=first) for _, at, active in polls], np.int64)


def seen(at: int, *, is_active: bool, first: int = FIRST) -> int:
    return observation(first * MINUTE + at, is_active=is_active)


def folded(polls: tuple[Poll, ...] = POLLS, count: int = 4, first: int = FIRST) -> StoreStates:
    return fold(no_polls(count, RetainedRange(first, first + 17 * 1440)), *columns(polls, first))


# The retained range


@pytest.mark.parametrize("time", [(2023, 1, 25), (2023, 1, 25, 23, 59)])
def test_range_is_of_whole_utc_days_up_to_the_end_of_the_next_one(time: tuple[int, ...]) -> None:
    of_sixteen_days = retained_range(minute(*time) * MINUTE + MINUTE - 1, 16)

    assert of_sixteen_days == RetainedRange(minute(2023, 1, 10), minute(2023, 1, 27))


# The newest poll


def test_last_observation_is_the_newest_in_the_range_or_else_before_it() -> None:
    expected = [seen(7 * MINUTE + 1, is_active=True), seen(-1, is_active=False), seen(20 * MINUTE, is_active=False)]

    assert last_observations(folded()).tolist() == [*expected, NO_POLL]


def test_stores_without_polls_in_the_range_have_their_older_ones() -> None:
    old_alone = folded(((1, -1, True),), count=2)

    assert last_observations(old_alone).tolist() == [NO_POLL, seen(-1, is_active=True)]


def test_asking_for_the_last_observations_leaves_the_states_as_they_were() -> None:
    states = folded()
    last_observations(states)[:] = 7

    assert last_observations(states).tolist() == last_observations(folded()).tolist()


@pytest.mark.parametrize(
    ("at", "row", "expected"),
    [
        (7 * MINUTE + 1, 0, (7 * MINUTE + 1, True)),
        (7 * MINUTE, 0, (3 * MINUTE, False)),
        (3 * MINUTE, 0, (3 * MINUTE, False)),
        (3 * MINUTE - 1, 0, (-5 * MINUTE, True)),
        (-5 * MINUTE, 0, (-5 * MINUTE, True)),
        (-1, 1, (-1, False)),
        (20 * MINUTE, 2, (20 * MINUTE, False)),
    ],
)
def test_newest_until_an_instant_is_to_the_microsecond(at: int, row: int, expected: tuple[int, bool]) -> None:
    newest = newest_until(folded(), FIRST * MINUTE + at)

    assert newest[row] == seen(expected[0], is_active=expected[1])
    assert newest.dtype == np.int64


@pytest.mark.parametrize(("at", "rows"), [(-5 * MINUTE - 1, [0, 1, 2, 3]), (-2, [1, 2, 3]), (-1, [2, 3]), (0, [3])])
def test_store_whose_kept_polls_are_all_later_has_none_until_then(at: int, rows: list[int]) -> None:
    newest = newest_until(folded(), FIRST * MINUTE + at)

    assert np.flatnonzero(newest == NO_POLL).tolist() == rows


# Polls that change nothing, and late ones


@pytest.mark.parametrize("first", [FIRST, LATE_FIRST])
@pytest.mark.parametrize(
    ("more", "count"),
    [
        ((0, -6 * MINUTE, True), 1),
        ((0, -5 * MINUTE, True), 1),  # the same once more
        ((0, -5 * MINUTE, False), 0),  # `inactive` wins at the same microsecond
        ((0, -5 * MINUTE + 1, True), 0),
        ((1, -2, True), 1),
        ((1, 0, True), 0),  # in the range nothing is superseded
        ((0, 2 * MINUTE, True), 0),
        ((3, -99 * MINUTE, False), 0),
    ],
)
def test_old_poll_is_superseded_by_one_that_is_as_new_before_the_range(first: int, more: Poll, count: int) -> None:
    assert superseded(folded(first=first), *columns((more,), first)) == count


def test_superseded_polls_are_counted_each() -> None:
    more = ((0, -6 * MINUTE, True), (0, -7 * MINUTE, False), (3, -1, True), (1, -1, False), (2, 5, True))

    assert superseded(folded(), *columns(more)) == 3


@pytest.mark.parametrize("first", [FIRST, LATE_FIRST])
@pytest.mark.parametrize(
    ("more", "count"),
    [
        ((0, 5 * MINUTE, True), 1),
        ((0, 7 * MINUTE, True), 1),
        ((0, 7 * MINUTE + 1, True), 0),  # not older, but the same
        ((0, 8 * MINUTE, True), 0),
        ((2, 0, False), 1),  # the first moment of the range
        ((2, -1, True), 0),  # before the range
        ((1, 0, True), 0),  # newer than all that is known of row 1
        ((3, 4 * MINUTE, True), 0),
    ],
)
def test_poll_is_late_if_it_lies_in_the_range_and_a_newer_one_is_known(first: int, more: Poll, count: int) -> None:
    assert late(folded(first=first), *columns((more,), first)) == count


def test_late_polls_are_counted_each() -> None:
    more = ((0, 1, True), (0, 5 * MINUTE, False), (2, 19 * MINUTE, True), (3, 1, True), (1, -7, True))

    assert late(folded(), *columns(more)) == 3


# Activity


def test_activity_reaches_from_the_range_or_a_poll_up_to_the_next_poll_or_the_end() -> None:
    polls: tuple[Poll, ...] = (
        *((0, -MINUTE, True), (0, 10 * MINUTE, False), (0, 30 * MINUTE, True)),
        *((1, -MINUTE, False), (1, 20 * MINUTE, True), (1, 25 * MINUTE, True)),
        (2, -MINUTE, True),
    )

    active = active_runs(folded(polls), FIRST + 60)

    first = active.start - active.rows * AXIS - FIRST
    end = active.end - active.rows * AXIS - FIRST
    assert list(zip(active.rows.tolist(), first.tolist(), end.tolist(), strict=True)) == [
        (0, 0, 10),
        (0, 30, 60),
        (1, 20, 60),
        (2, 0, 60),
    ]

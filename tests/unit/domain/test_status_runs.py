"""Statuses of a few stores by a policy, before any business hours."""

import numpy as np
import pytest

from stream_app.domain.policy import Before, Between, Policy
from stream_app.domain.poll import observation
from stream_app.domain.runs import AXIS, Runs
from stream_app.domain.status_runs import existing_polls, status_runs
from stream_app.domain.store_state import RetainedRange, StoreStates, fold, no_polls

MINUTE = 60_000_000
FIRST, END = 27_900_000, 27_900_100

# Row, minute from FIRST, is active: rows 0, 2 and 4 were never polled; row 3 was before the range.
POLLS = ((1, 10, True), (1, 40, False), (3, -20, False), (3, 30, True))


def states() -> StoreStates:
    rows = np.array([row for row, _, _ in POLLS])
    seen = [observation((FIRST + minute) * MINUTE, is_active=active) for _, minute, active in POLLS]
    return fold(no_polls(5, RetainedRange(FIRST, END)), rows, np.array(seen))


def until(minutes: int = 100) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.full(5, FIRST + minutes)


def within(of: Runs) -> list[tuple[int, int, int]]:
    base = of.rows * AXIS + FIRST
    return list(zip(of.rows.tolist(), (of.start - base).tolist(), (of.end - base).tolist(), strict=True))


def judged(policy: Policy, minutes: int = 100) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    status = status_runs(states(), policy, FIRST, until(minutes))
    return within(status.up), within(status.down)


@pytest.mark.parametrize(("minutes", "expected"), [(100, POLLS), (40, (*POLLS[:1], *POLLS[2:])), (10, POLLS[2:3])])
def test_polls_exist_if_they_fell_in_a_minute_before_the_end(
    minutes: int, expected: tuple[tuple[int, int, bool], ...]
) -> None:
    polls = existing_polls(states(), until(minutes))

    found = zip(polls.row.tolist(), (polls.minute - FIRST).tolist(), polls.is_active.tolist(), strict=True)
    assert list(found) == list(expected)


def test_end_may_be_another_one_for_each_store() -> None:
    of_each = np.array([100, 20, 100, 30, 100]) + FIRST

    status = status_runs(states(), Policy(before=Before.EXCLUDE), FIRST, of_each)

    assert (within(status.up), within(status.down)) == ([(1, 10, 20)], [(3, 0, 30)])


def test_before_the_first_poll_inactive_is_down() -> None:
    up, down = judged(Policy())

    assert up == [(1, 10, 40), (3, 30, 100)]
    assert down == [(0, 0, 100), (1, 0, 10), (1, 40, 100), (2, 0, 100), (3, 0, 30), (4, 0, 100)]


def test_before_the_first_poll_active_is_up() -> None:
    up, down = judged(Policy(before=Before.ACTIVE))

    assert up == [(0, 0, 100), (1, 0, 40), (2, 0, 100), (3, 30, 100), (4, 0, 100)]
    assert down == [(1, 40, 100), (3, 0, 30)]


def test_excluded_time_has_no_status() -> None:
    assert judged(Policy(before=Before.EXCLUDE)) == ([(1, 10, 40), (3, 30, 100)], [(1, 40, 100), (3, 0, 30)])


def test_backfill_takes_the_status_of_the_first_poll_and_none_where_there_is_none() -> None:
    assert judged(Policy(before=Before.BACKFILL)) == ([(1, 0, 40), (3, 30, 100)], [(1, 40, 100), (3, 0, 30)])


def test_max_gap_ends_the_trust_in_each_poll() -> None:
    policy = Policy(before=Before.EXCLUDE, max_gap=25)

    assert judged(policy) == ([(1, 10, 35), (3, 30, 55)], [(1, 40, 65), (3, 0, 5)])


def test_nearest_is_half_way_between_the_polls_of_one_store() -> None:
    policy = Policy(before=Before.BACKFILL, between=Between.NEAREST)

    # 11 to 39 are 29 minutes, 25 the middle one; -19 to 29 are 49, 5 the middle one.
    assert judged(policy) == ([(1, 0, 26), (3, 6, 100)], [(1, 26, 100), (3, 0, 6)])
    assert judged(policy, 40) == ([(1, 0, 40), (3, 6, 40)], [(3, 0, 6)])


@pytest.mark.parametrize("before", Before)
@pytest.mark.parametrize("between", [Between.CARRY_FORWARD, Between.NEAREST])
def test_fleet_that_was_never_polled_has_one_status_at_most(before: Before, between: Between) -> None:
    none = no_polls(2, RetainedRange(FIRST, END))
    whole = [(0, 0, 100), (1, 0, 100)]

    status = status_runs(none, Policy(before=before, between=between), FIRST, until()[:2])

    assert within(status.up) == (whole if before is Before.ACTIVE else [])
    assert within(status.down) == (whole if before is Before.INACTIVE else [])

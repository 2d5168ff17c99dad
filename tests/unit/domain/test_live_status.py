"""What stores say at one instant."""

from datetime import UTC, datetime

import numpy as np
import pytest

from stream_app.domain.live_status import NO_MINUTE, STATUSES, Status, next_after, since, statuses_at
from stream_app.domain.policy import parse_policy
from stream_app.domain.poll import observation
from stream_app.domain.runs import AXIS, Runs
from stream_app.domain.status_runs import StatusRuns
from stream_app.domain.store_state import NO_POLL

NOON = int(datetime(2023, 1, 25, 12, tzinfo=UTC).timestamp()) // 60
UP = observation(NOON * 60_000_000 - 1, is_active=True)
DOWN = observation(NOON * 60_000_000 - 1, is_active=False)


def status(last: int, policy: str = "default", *, is_open: bool = True, minute: int = NOON) -> Status:
    found = statuses_at(np.array([last]), np.array([is_open]), parse_policy(policy).policy, minute)
    return STATUSES[int(found[0])]


def runs(*pairs: tuple[int, int]) -> Runs:
    start, end = np.array(pairs, np.int64).reshape(-1, 2).T
    return Runs(start, end)


@pytest.mark.parametrize(("poll", "said"), [(UP, Status.UP), (DOWN, Status.DOWN)])
@pytest.mark.parametrize("policy", ["default", "optimistic", "backfill", "measured", "nearest", "poll_hours"])
def test_last_poll_decides_while_the_store_is_open(poll: int, said: Status, policy: str) -> None:
    assert status(poll, policy) is said


@pytest.mark.parametrize("poll", [UP, DOWN, NO_POLL])
def test_store_is_closed_outside_its_hours_whatever_its_polls_say(poll: int) -> None:
    assert status(poll, is_open=False) is Status.CLOSED


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("default", Status.DOWN),
        ("calendar", Status.DOWN),
        ("optimistic", Status.UP),
        *((policy, Status.UNKNOWN) for policy in ("backfill", "measured", "max_gap", "nearest", "poll_hours")),
    ],
)
def test_store_that_was_never_polled_is_what_the_policy_says_of_the_time_before(policy: str, said: Status) -> None:
    assert status(NO_POLL, policy) is said


def test_poll_is_trusted_for_its_gap_counted_from_its_minute() -> None:
    assert status(UP, "max_gap:60", minute=NOON + 58) is Status.UP
    assert status(UP, "max_gap:60", minute=NOON + 59) is Status.UNKNOWN
    assert status(DOWN, "max_gap:60", minute=NOON + 59, is_open=False) is Status.CLOSED


def test_status_holds_since_its_poll_or_the_opening_whichever_came_last() -> None:
    both = StatusRuns(up=runs((0, 100), (AXIS, AXIS + 20)), down=runs((AXIS + 20, AXIS + 100)))
    is_open = runs((10, 30), (50, 101), (AXIS, AXIS + 101))

    found = since(both, is_open, np.array([True, True]), 0, 99)

    assert found.tolist() == [50, 20]


def test_closed_store_is_closed_since_its_last_closing_whatever_was_polled_since() -> None:
    up = StatusRuns(up=runs((40, 100)), down=runs((0, 40)))

    assert since(up, runs((10, 30), (120, 130)), np.array([False]), 0, 99).tolist() == [30]


def test_status_older_than_what_was_looked_at_has_no_beginning() -> None:
    up = StatusRuns(up=runs((0, 100)), down=runs())

    assert since(up, runs((0, 100)), np.array([True]), 0, 99).tolist() == [NO_MINUTE]
    assert since(up, runs(), np.array([False, False]), 0, 99).tolist() == [NO_MINUTE, NO_MINUTE]


def test_change_in_the_very_minute_counts() -> None:
    up = StatusRuns(up=runs((99, 100)), down=runs((0, 99)))

    assert since(up, runs((0, 100)), np.array([True]), 0, 99).tolist() == [99]


def test_next_edge_lies_after_the_minute_and_before_the_end_of_what_was_looked_at() -> None:
    edges = np.array([5, 10, 11, 20, AXIS + 10, AXIS + 20])

    assert next_after(edges, 3, 10, 20).tolist() == [11, NO_MINUTE, NO_MINUTE]
    assert next_after(edges, 3, 10, 21).tolist() == [11, 20, NO_MINUTE]

"""When stores were up and when down by a policy, from their polls alone: business hours come after."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import runs
from stream_app.domain.policy import Before, Between, Policy
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_state import NO_POLL, StoreStates


@dataclass(frozen=True, slots=True)
class StatusRuns:
    """The minutes in which each store counts as up, and as down; any other is unknown."""

    up: Runs
    down: Runs


@dataclass(frozen=True, slots=True)
class PollColumnsOfStates:
    """The polls of n stores that exist for a report, ordered by store and minute; all of one length.

    `minute` (int64) is since the epoch, and may lie before the retained range: the newest poll before it is kept.
    """

    row: Minutes
    minute: Minutes
    is_active: NDArray[np.bool_]


def existing_polls(states: StoreStates, until: Minutes) -> PollColumnsOfStates:
    """The polls that fell in minutes before each store's `until` (int64, n): later ones don't exist for its report."""
    carried = np.flatnonzero(states.carry != NO_POLL)
    rows = np.concatenate((carried, states.entry_rows))
    minutes = np.concatenate((states.carry[carried] // (2 * MICROS_PER_MINUTE), states.entry_minutes))
    is_active = np.concatenate((states.carry[carried] & 1 == 0, states.entries & np.uint64(1) == 0))
    exists = minutes < until[rows]
    order = np.argsort((rows * AXIS + minutes)[exists], kind="stable")
    return PollColumnsOfStates(rows[exists][order], minutes[exists][order], is_active[exists][order])


def status_runs(states: StoreStates, policy: Policy, first: int, until: Minutes) -> StatusRuns:
    """Each store's minutes first <= minute < until[row] by the policy's `before`, `between` and `max_gap`.

    `poll_hours` gives no status to a minute: see figures.poll_hour_figures.
    """
    polls = existing_polls(states, until)
    reach_from = _reach_from(polls, policy.between)
    reach_to = until[polls.row]
    has_next = polls.row[1:] == polls.row[:-1]
    reach_to[:-1][has_next] = reach_from[1:][has_next]
    if policy.max_gap is not None:
        reach_to = np.minimum(reach_to, polls.minute + policy.max_gap)
    before = _before_first_poll(polls, policy.before, first, until)
    base = polls.row * AXIS

    def of(*, active: bool) -> Runs:
        chosen = polls.is_active == active
        start, end = runs.of_rows(*before[active])
        return runs.union(
            np.concatenate((base[chosen] + np.maximum(reach_from[chosen], first), start)),
            np.concatenate((base[chosen] + reach_to[chosen], end)),
        )

    return StatusRuns(up=of(active=True), down=of(active=False))


def _reach_from(polls: PollColumnsOfStates, between: Between) -> Minutes:
    """The first minute that each poll says something of."""
    if between is not Between.NEAREST or not len(polls.row):
        return polls.minute
    earlier, minute = polls.minute[:-1], polls.minute[1:]
    # Half-way between neighbours; of an odd number of minutes between them the middle one goes to the earlier poll.
    half_way = np.where(polls.row[1:] == polls.row[:-1], earlier + (minute - earlier) // 2 + 1, minute)
    return np.append(polls.minute[:1], half_way)


def _before_first_poll(
    polls: PollColumnsOfStates, before: Before, first: int, until: Minutes
) -> dict[bool, tuple[Minutes, Minutes | int, Minutes]]:
    """Rows, starts and ends of the time before the first poll that counts as up (True) and as down (False)."""
    rows = np.arange(len(until))
    at = np.searchsorted(polls.row, rows)
    has_poll = at < np.searchsorted(polls.row, rows, "right")
    end = until.copy()
    end[has_poll] = polls.minute[at[has_poll]]
    nobody = rows[:0]
    if before is Before.BACKFILL:
        first_is_active = polls.is_active[at[has_poll]]
        polled = rows[has_poll]
        chosen = {True: polled[first_is_active], False: polled[~first_is_active]}
    else:
        chosen = {
            True: rows if before is Before.ACTIVE else nobody,
            False: rows if before is Before.INACTIVE else nobody,
        }
    return {is_up: (of, first, end[of]) for is_up, of in chosen.items()}

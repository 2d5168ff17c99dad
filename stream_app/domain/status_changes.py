"""What a fold of polls changes in the stores' statuses: minutes from which on another status holds than was said."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.runs import AXIS, Minutes
from stream_app.domain.store_state import NO_POLL, Observations, StoreStates, last_observations

_Bools = NDArray[np.bool_]


class StatusChanges(NamedTuple):
    """n changes, by row and minute: from `minute` on the store in `row` is active or not, until its next change.

    One that `is_corrected` speaks of a time of which something was said before; the others are news. All are arrays of
    length n: `row` and `minute` (since the epoch) int64, `is_active` and `is_corrected` bool.
    """

    row: Minutes
    minute: Minutes
    is_active: _Bools
    is_corrected: _Bools


class _Steps(NamedTuple):
    """The stores' statuses as steps: at each of `at` (axis minutes, ascending) one begins that didn't hold before."""

    at: Minutes
    is_active: _Bools


def status_changes(before: StoreStates, after: StoreStates) -> StatusChanges:
    """What has to be said once polls were folded into `before`; both are of the same rows and retained range.

    Whoever keeps, for each store and minute, the last change that was said of it has the statuses of `after`, whatever
    order the polls came in. Where a minute turns out to begin nothing new, it is said again with what holds there.
    """
    old, new, said_until = _steps(before), _steps(after), _said_until(before)
    is_known = np.isin(_keys(new), _keys(old), assume_unique=True)
    withdrawn = old.at[~np.isin(old.at, new.at, assume_unique=True)]
    begun = new.at[~is_known]
    corrected = np.concatenate((begun[begun % AXIS <= said_until[begun // AXIS]], withdrawn)) // AXIS
    stale = np.union1d(withdrawn, _turned(before, after, corrected))
    again = stale[~np.isin(stale, new.at, assume_unique=True)]
    active = _index_at(new, again)
    has_status = (active >= 0) & (new.at[active] // AXIS == again // AXIS)
    at = np.concatenate((new.at[~is_known], again[has_status]))
    is_active = np.concatenate((new.is_active[~is_known], new.is_active[active[has_status]]))
    order = np.argsort(at, kind="stable")
    row, minute = at[order] // AXIS, at[order] % AXIS
    return StatusChanges(row, minute, is_active[order], minute <= said_until[row])


def _steps(states: StoreStates) -> _Steps:
    """The first poll that is known of each store is a step, and so is each that differs from the one before."""
    row, inactive = states.entry_rows, (states.entries & np.uint64(1)).astype(np.int64)
    previous = np.append(NO_POLL, inactive)[:-1]
    is_first = np.append(True, row[1:] != row[:-1])[: len(row)]
    carried = states.carry[row[is_first]]
    previous[is_first] = np.where(carried == NO_POLL, NO_POLL, carried & 1)
    begins = inactive != previous
    known = np.flatnonzero(states.carry != NO_POLL)
    at = np.concatenate((known * AXIS + _minutes(states.carry[known]), (row * AXIS + states.entry_minutes)[begins]))
    is_active = np.concatenate((states.carry[known] & 1, inactive[begins])) == 0
    order = np.argsort(at, kind="stable")
    return _Steps(at[order], is_active[order])


def _turned(before: StoreStates, after: StoreStates, rows: Minutes) -> Minutes:
    """The polls (axis minutes) of these rows that say the opposite now.

    Something may have been said of such a minute when it began a status, though it begins none now as before.
    """
    if not len(rows):
        return rows
    old_at, old_is_active = _polls(before, rows)
    new_at, new_is_active = _polls(after, rows)
    turned: Minutes = old_at[new_is_active[np.searchsorted(new_at, old_at)] != old_is_active]
    return turned


def _polls(states: StoreStates, rows: Minutes) -> tuple[Minutes, _Bools]:
    """The polls of some rows: axis minutes, and whether they say active."""
    here = np.isin(states.entry_rows, rows)
    return (states.entry_rows * AXIS + states.entry_minutes)[here], (states.entries & np.uint64(1) == 0)[here]


def _keys(steps: _Steps) -> NDArray[np.int64]:
    """Minute and status as one integer."""
    return steps.at * 2 + steps.is_active


def _index_at(steps: _Steps, at: Minutes) -> NDArray[np.int64]:
    """The step in force at each axis minute, -1 before the first; it may be one of an earlier row."""
    return np.searchsorted(steps.at, at, "right") - 1


def _said_until(states: StoreStates) -> Minutes:
    """The minute of each store's newest poll, before all others where it has none: later ones were never spoken of."""
    return _minutes(last_observations(states))


def _minutes(observations: Observations) -> Minutes:
    return observations // (2 * MICROS_PER_MINUTE)

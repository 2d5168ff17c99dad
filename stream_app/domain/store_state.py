"""What is kept of the polls of many stores, column by column, and how polls are folded in.

Per store: the retained polls, of each minute only the greatest observation; and the carry, the greatest observation
before the retained range. max() is commutative, associative and idempotent, so that any order of arrival, duplicate,
replay or split into batches leaves the same state.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import runs
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.runs import AXIS, Runs
from stream_app.domain.store_calendar import MINUTES_PER_DAY

NO_POLL = -1  # the carry of a store without a poll before its range; real observations are >= 0

# An entry is one retained poll in 64 bits: row 21 | minute from the range's first 16 | microsecond in the minute 26 |
# is_inactive 1. Sorting entries sorts by store, minute and observation at once.
MINUTE_BITS, WITHIN_BITS = 16, 27
ROW_SHIFT = MINUTE_BITS + WITHIN_BITS
MAX_ROWS = 1 << 64 - ROW_SHIFT
MAX_RETENTION_DAYS = (1 << MINUTE_BITS) // MINUTES_PER_DAY - 1

_OBSERVATIONS_PER_MINUTE = MICROS_PER_MINUTE * 2

Entries = NDArray[np.uint64]
Observations = NDArray[np.int64]


class RetainedRange(NamedTuple):
    """The minutes since the epoch whose polls are kept: first <= minute < end."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class StoreStates:
    """The poll state of n stores: `carry` (int64, n observations or NO_POLL) and `entries` (uint64, sorted)."""

    retained: RetainedRange
    carry: Observations
    entries: Entries

    def __len__(self) -> int:
        return len(self.carry)

    @property
    def entry_rows(self) -> NDArray[np.int64]:
        """The row that each entry belongs to."""
        return (self.entries >> np.uint64(ROW_SHIFT)).astype(np.int64)

    @property
    def entry_minutes(self) -> NDArray[np.int64]:
        """Minutes since the epoch, one an entry."""
        within_range = (self.entries >> np.uint64(WITHIN_BITS)) & np.uint64((1 << MINUTE_BITS) - 1)
        return within_range.astype(np.int64) + self.retained.first


@dataclass(frozen=True, slots=True)
class Buckets:
    """The minutes inside business hours in which each store was up, and was down, over the states' retained range."""

    up: Runs
    down: Runs


def retained_range(stream_time_micros: int, retention_days: int) -> RetainedRange:
    """From retention_days - 1 days before the day of the stream time up to the end of the day after it, in UTC days."""
    day = stream_time_micros // MICROS_PER_MINUTE // MINUTES_PER_DAY
    return RetainedRange((day - retention_days + 1) * MINUTES_PER_DAY, (day + 2) * MINUTES_PER_DAY)


def observations_of(entries: Entries, first_minute: int | NDArray[np.int64]) -> Observations:
    """Entries as observations again; `first_minute` is the first of their range, one for all or one an entry."""
    minute = (entries >> np.uint64(WITHIN_BITS) & np.uint64((1 << MINUTE_BITS) - 1)).astype(np.int64) + first_minute
    return minute * _OBSERVATIONS_PER_MINUTE + (entries & np.uint64((1 << WITHIN_BITS) - 1)).astype(np.int64)


def no_polls(count: int, retained: RetainedRange) -> StoreStates:
    """The state of `count` stores that were never polled."""
    return StoreStates(retained, np.full(count, NO_POLL, np.int64), np.empty(0, np.uint64))


def fold(states: StoreStates, rows: NDArray[np.int64], observations: Observations) -> StoreStates:
    """The states after more polls: observation i is of the store in rows[i]. None may lie past the range's end."""
    minute = observations // _OBSERVATIONS_PER_MINUTE
    old = minute < states.retained.first
    carry = states.carry.copy()
    np.maximum.at(carry, rows[old], observations[old])
    new = ~old
    within = observations[new] - minute[new] * _OBSERVATIONS_PER_MINUTE
    entries = rows[new] << ROW_SHIFT | (minute[new] - states.retained.first) << WITHIN_BITS | within
    return StoreStates(states.retained, carry, _greatest_of_each_minute(states.entries, entries.astype(np.uint64)))


def superseded(states: StoreStates, rows: NDArray[np.int64], observations: Observations) -> int:
    """How many of these polls lose against the carry, before the range as it is: they change nothing."""
    return int((observations <= states.carry[rows]).sum())


def last_observations(states: StoreStates) -> Observations:
    """The newest observation of each store (n), or NO_POLL."""
    last = states.carry.copy()
    entries, row = states.entries, states.entry_rows
    if len(entries):
        newest = np.append(row[1:] != row[:-1], True)
        last[row[newest]] = observations_of(entries[newest], states.retained.first)
    return last


def late(states: StoreStates, rows: NDArray[np.int64], observations: Observations) -> int:
    """How many of these polls lie inside the range and are older than what is known of their store already."""
    inside = observations // _OBSERVATIONS_PER_MINUTE >= states.retained.first
    return int((inside & (observations < last_observations(states)[rows])).sum())


def seen_until(states: StoreStates, micros: int) -> StoreStates:
    """The states as if no kept observation after an instant were there."""
    seen = observations_of(states.entries, states.retained.first) >> 1 <= micros
    carry = np.where(states.carry >> 1 <= micros, states.carry, NO_POLL)
    return StoreStates(states.retained, carry, states.entries[seen])


def newest_until(states: StoreStates, micros: int) -> Observations:
    """The newest kept observation of each store at or before an instant, or NO_POLL."""
    return last_observations(seen_until(states, micros))


def active_runs(states: StoreStates, end: int) -> Runs:
    """When each store's last observation says `active`, from the range's first minute up to `end`, open or not.

    Last observation carried forward: a poll counts from the minute it fell in up to the minute of the next poll.
    """
    polled = states.entry_rows * AXIS
    start = polled + states.entry_minutes
    stop = np.minimum(np.append(start, np.iinfo(np.int64).max)[1:], polled + end)
    is_active = states.entries & np.uint64(1) == 0
    carried = np.flatnonzero((states.carry != NO_POLL) & (states.carry & 1 == 0))
    carried_from = carried * AXIS + states.retained.first
    next_poll = np.searchsorted(start, carried_from)
    carried_to = np.minimum(np.append(start, np.iinfo(np.int64).max)[next_poll], carried * AXIS + end)
    return runs.union(np.concatenate((carried_from, start[is_active])), np.concatenate((carried_to, stop[is_active])))


def buckets(active: Runs, is_open: Runs) -> Buckets:
    """The minute buckets: open and active is up, open and not active is down."""
    return Buckets(runs.intersection(is_open, active), runs.difference(is_open, active))


def _greatest_of_each_minute(entries: Entries, more: Entries) -> Entries:
    """Both sets of entries as one, sorted, with only the greatest entry of each row and minute."""
    every = np.concatenate((entries, more))
    every.sort()
    minute = every >> np.uint64(WITHIN_BITS)
    greatest = np.ones(len(every), bool)
    np.not_equal(minute[1:], minute[:-1], out=greatest[:-1])
    return every[greatest]

"""Stored buckets that stop early are carried on by the last observation."""

import numpy as np

from stream_app.domain.fleet import KnownStores, buckets_until
from stream_app.domain.poll import observation
from stream_app.domain.runs import AXIS, Runs
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar
from stream_app.domain.store_state import NO_POLL, Buckets
from tests.unit.domain.test_figures import runs

FIRST, END = 27_900_000, 27_900_100
UP, DOWN = observation(1, is_active=True), observation(1, is_active=False)


class Calendars:
    """Every store is open 24x7; remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def of(self, row: int) -> StoreCalendar:
        self.asked.append(row)
        return DEFAULT_CALENDAR


def fleet(until: list[int], last: list[int]) -> KnownStores:
    """Stores that were up for the first ten minutes, and down for the ten after."""
    rows = range(len(until))
    up = runs(*((row, FIRST, FIRST + 10) for row in rows))
    down = runs(*((row, FIRST + 10, FIRST + 20) for row in rows))
    return KnownStores(Buckets(up, down), np.array(until), np.array(last))


def within(of: Runs) -> list[tuple[int, int, int]]:
    base = of.rows * AXIS + FIRST
    return list(zip(of.rows.tolist(), (of.start - base).tolist(), (of.end - base).tolist(), strict=True))


def test_last_observation_carries_on_from_where_the_buckets_stop() -> None:
    stores = fleet([END, FIRST + 20, END, FIRST + 20, FIRST + 20], [UP, UP, DOWN, DOWN, NO_POLL])

    buckets = buckets_until(stores, Calendars().of, FIRST, END)

    assert within(buckets.up) == [(0, 0, 10), (1, 0, 10), (1, 20, 100), (2, 0, 10), (3, 0, 10), (4, 0, 10)]
    assert within(buckets.down) == [(0, 10, 20), (1, 10, 20), (2, 10, 20), (3, 10, 100), (4, 10, 100)]


def test_calendars_are_asked_for_only_where_buckets_stop_before_the_end() -> None:
    calendars = Calendars()

    buckets_until(fleet([END, END - 1, END + 1], [UP, UP, UP]), calendars.of, FIRST, END)

    assert calendars.asked == [1]


def test_buckets_that_reach_the_end_are_the_stored_ones() -> None:
    stores, calendars = fleet([END, END + 1], [UP, DOWN]), Calendars()

    assert buckets_until(stores, calendars.of, FIRST, END) is stores.buckets
    assert calendars.asked == []

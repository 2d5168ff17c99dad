"""What one store says at one instant."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from stream_app.domain.live_status import LiveStatus, Status, live_status
from stream_app.domain.poll import observation
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar, WeeklyHours
from stream_app.domain.store_state import NO_POLL
from tests.support.calendar_strategies import midnight_of

WEDNESDAY = date(2023, 1, 25)
NOON = int(datetime(2023, 1, 25, 12, tzinfo=UTC).timestamp()) * 1_000_000
ALWAYS = DEFAULT_CALENDAR
UNTIL_NOON = StoreCalendar("UTC", (WeeklyHours(WEDNESDAY.weekday(), 9 * 60, 12 * 60),))

UP, DOWN = observation(NOON - 1, is_active=True), observation(NOON - 1, is_active=False)


def at(as_of: int, *observations: int, calendar: StoreCalendar = ALWAYS) -> LiveStatus:
    return live_status(np.array(observations, np.int64), calendar, as_of)


@pytest.mark.parametrize(("poll", "status"), [(UP, Status.UP), (DOWN, Status.DOWN)])
def test_last_poll_decides_while_the_store_is_open(poll: int, status: Status) -> None:
    assert at(NOON, poll) == LiveStatus(status, is_open=True, last_poll=poll)


@pytest.mark.parametrize("poll", [UP, DOWN])
def test_store_is_closed_outside_its_hours_whatever_its_polls_say(poll: int) -> None:
    assert at(NOON, poll, calendar=UNTIL_NOON) == LiveStatus(Status.CLOSED, is_open=False, last_poll=poll)


def test_closing_time_comes_with_the_minute_that_the_hours_end_in() -> None:
    assert at(NOON - 1, UP, calendar=UNTIL_NOON).status is Status.UP
    assert at(NOON, UP, calendar=UNTIL_NOON).status is Status.CLOSED
    assert midnight_of(WEDNESDAY) + 12 * 60 == NOON // 60_000_000


@pytest.mark.parametrize(
    ("calendar", "status"), [(ALWAYS, Status.DOWN), (UNTIL_NOON, Status.CLOSED)], ids=["open", "closed"]
)
def test_store_that_was_never_polled_is_down_while_it_is_open(calendar: StoreCalendar, status: Status) -> None:
    assert at(NOON, calendar=calendar) == LiveStatus(status, is_open=status is Status.DOWN, last_poll=NO_POLL)


def test_poll_counts_from_its_very_microsecond_on() -> None:
    later = observation(NOON, is_active=True)

    assert at(NOON - 1, DOWN, later) == LiveStatus(Status.DOWN, is_open=True, last_poll=DOWN)
    assert at(NOON, DOWN, later) == LiveStatus(Status.UP, is_open=True, last_poll=later)


def test_poll_of_the_future_is_as_if_it_were_not_there() -> None:
    assert at(NOON - 2, UP) == LiveStatus(Status.DOWN, is_open=True, last_poll=NO_POLL)


def test_newest_poll_decides_wherever_it_stands() -> None:
    assert at(NOON, UP, observation(NOON - 60_000_000, is_active=False)).status is Status.UP
    assert at(NOON, observation(NOON - 60_000_000, is_active=False), UP).status is Status.UP

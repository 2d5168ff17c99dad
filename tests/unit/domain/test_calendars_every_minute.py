"""Calendars of every kind, judged by a loop over the minutes that says what the rules say."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from stream_app.domain.business_hours import open_runs
from stream_app.domain.runs import AXIS
from stream_app.domain.store_calendar import MINUTES_PER_DAY, StoreCalendar, WeeklyHours
from stream_app.domain.zones import load_zone
from tests.support.calendar_strategies import DAYS, calendars, midnight_of
from tests.support.effort import examples


@settings(max_examples=examples(120), deadline=None)
@given(data=st.data(), around=st.sampled_from(DAYS), hours=st.integers(1, 40))
def test_open_minutes_are_those_that_each_minute_by_itself_says(data: st.DataObject, around: date, hours: int) -> None:
    fleet = data.draw(st.lists(calendars(around), min_size=1, max_size=3))
    first = midnight_of(around) + data.draw(st.integers(-600, 600))
    end = first + hours * 60

    is_open = open_runs(fleet, first, end)

    found = zip(is_open.rows.tolist(), is_open.start.tolist(), is_open.end.tolist(), strict=True)
    minutes = [(row, minute - row * AXIS) for row, start, stop in found for minute in range(start, stop)]
    assert minutes == [
        (row, minute)
        for row, calendar in enumerate(fleet)
        for minute in range(first, end)
        if says_open(calendar, minute)
    ]
    assert (is_open.start[1:] > is_open.end[:-1]).all()


@settings(max_examples=examples(30), deadline=None)
@given(data=st.data(), around=st.sampled_from(DAYS))
def test_neighbours_that_change_leave_a_plain_calendar_alone(data: st.DataObject, around: date) -> None:
    plain = data.draw(calendars(around).map(lambda calendar: StoreCalendar(calendar.zone, calendar.hours)))
    neighbours = data.draw(st.lists(calendars(around), max_size=3))
    first, end = midnight_of(around), midnight_of(around) + 2 * MINUTES_PER_DAY

    alone, among = open_runs([plain], first, end), open_runs([plain, *neighbours], first, end)

    mine = among.rows == 0
    assert among.start[mine].tolist() == alone.start.tolist()
    assert among.end[mine].tolist() == alone.end.tolist()


def says_open(calendar: StoreCalendar, minute: int) -> bool:
    """Whether the store is open in one UTC minute, by the words of the rules."""
    if any(planned.start <= minute < planned.end for planned in calendar.maintenance):
        return False
    zone, weekly = calendar.zone, calendar.hours
    for version in calendar.later_versions:
        if version.effective_from <= minute:
            zone, weekly = version.zone, version.hours
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(load_zone(zone))
    today, of_day = local.date(), local.hour * 60 + local.minute
    return any(
        start <= of_day + days * MINUTES_PER_DAY < end
        for days in (0, 1)
        for start, end in hours_of(calendar, weekly, today - timedelta(days=days))
    )


def hours_of(calendar: StoreCalendar, weekly: tuple[WeeklyHours, ...], day: date) -> list[tuple[int, int]]:
    for exception in calendar.exceptions:
        if exception.date == day:
            return list(exception.hours)
    if not weekly:
        return [(0, MINUTES_PER_DAY)]
    return [(rule.start, rule.end) for rule in weekly if rule.day == day.weekday()]

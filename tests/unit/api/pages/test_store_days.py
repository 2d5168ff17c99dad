"""A store's days are those of its own clock, and keep every minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.store_days import drawn_day, hours_of, local_day, local_days, parse_date, within
from api.pages.wording import minute_of
from stream_app.domain.live_status import Status
from stream_app.domain.timeline import StatusRun

WEEK = 7 * 24 * 60
ZONES = ("UTC", "America/Chicago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns")


@given(st.integers(20_000_000, 29_000_000), st.sampled_from(ZONES))
def test_the_days_of_a_week_follow_each_other_and_cover_it(end: int, zone: str) -> None:
    days = local_days(zone, end - WEEK, end)

    assert days[0].first <= end - WEEK
    assert days[-1].end >= end
    assert [day.end for day in days[:-1]] == [day.first for day in days[1:]]


@given(st.integers(20_000_000, 29_000_000), st.sampled_from(ZONES))
def test_the_parts_of_runs_in_the_days_of_a_week_add_up_to_the_week(end: int, zone: str) -> None:
    runs = [StatusRun(Status.UP, end - WEEK, end - 777), StatusRun(Status.DOWN, end - 777, end)]

    parts = [run for day in local_days(zone, end - WEEK, end) for run in within(runs, day.first, day.end)]

    assert sum(run.end - run.start for run in parts) == WEEK


@pytest.mark.parametrize(
    ("date", "hours", "note"),
    [
        ("2024-03-10", 23, "23 h long: the clock changed"),
        ("2024-11-03", 25, "1 d 1 h long: the clock changed"),
        ("2024-06-01", 24, ""),
    ],
)
def test_a_day_on_which_the_clock_changes_is_as_long_as_it_was(date: str, hours: int, note: str) -> None:
    number = parse_date(date)
    assert number is not None
    day = local_day("America/Chicago", number)

    assert len(hours_of(day)) == hours
    assert drawn_day(day, [StatusRun(Status.UP, day.first, day.end)], []).note == note


def test_a_day_says_what_it_shows() -> None:
    first = minute_of("2024-06-01T00:00:00Z")
    number = parse_date("2024-06-01")
    assert number is not None

    drawn = drawn_day(local_day("UTC", number), [StatusRun(Status.DOWN, first, first + 90)], [])

    assert (drawn.title, drawn.up, drawn.down) == ("Sat 1 Jun", "\N{EN DASH}", "1 h 30 min")


@pytest.mark.parametrize("text", ["", "2024-3-10", "2024-03-32", "0001-01-01", "9999-12-31", "20240310T", "<script>"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None

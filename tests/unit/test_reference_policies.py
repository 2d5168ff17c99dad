"""Examples calculated by hand, which prove what the reference says of policies and windows.

Unless said otherwise T is Wednesday 2023-01-25 12:00 UTC, and the store is in UTC and open around the clock.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from tests import reference
from tests.reference import Calendar, Minutes, Policy, Poll, minute_of, parse_calendar
from tests.reference_rows import EPOCH, MINUTE
from tests.support.policy_strategies import ChangingScenario, changing_scenarios

NOON = "2023-01-25 12:00:00"
CALENDAR = Policy(windows="calendar")
NEAREST = Policy(between="nearest")
POLL_HOURS = Policy(between="poll_hours")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def said(*polls: tuple[str, str]) -> list[Poll]:
    """Give polls of (status, time); a time alone is on the 25th."""
    return [Poll("s", moment(time if "-" in time else f"2023-01-25 {time}"), status) for status, time in polls]


def count(
    polls: list[Poll], policy: Policy, hours: list[tuple[int, str, str]] | None = None, as_of: str = NOON
) -> dict[str, Minutes]:
    rows = [("s", str(day), start, end) for day, start, end in hours or []]
    calendar = reference.calendars_from_rows(rows, [("s", "UTC")])["s"]
    return reference.minutes(polls, calendar, policy, moment(as_of))


def last_hour(
    polls: list[Poll], policy: Policy, hours: list[tuple[int, str, str]] | None = None, as_of: str = NOON
) -> tuple[int, int, int]:
    """Give minutes up, down and unknown of the last hour."""
    up, down, unknown, business = count(polls, policy, hours, as_of)["last_hour"]
    assert up + down + unknown == business
    return up, down, unknown


def window(name: str, zone: str, as_of: str) -> tuple[str, str, int]:
    """Give the first minute, the end and the length of a calendar window."""
    found = reference.windows(Calendar(zone), CALENDAR, minute_of(moment(as_of)))[name]
    begin, end = (EPOCH + minute * MINUTE for minute in (found.start, found.stop))
    return f"{begin:%m-%d %H:%M}", f"{end:%m-%d %H:%M}", len(found)


# Before the first poll


@pytest.mark.parametrize(
    ("before", "expected"),
    [("inactive", (40, 20, 0)), ("active", (60, 0, 0)), ("backfill", (60, 0, 0)), ("exclude", (40, 0, 20))],
)
def test_before_an_active_first_poll(before: str, expected: tuple[int, int, int]) -> None:
    assert last_hour(said(("active", "11:20:59")), Policy(before)) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [("inactive", (0, 60, 0)), ("active", (20, 40, 0)), ("backfill", (0, 60, 0)), ("exclude", (0, 40, 20))],
)
def test_before_an_inactive_first_poll(before: str, expected: tuple[int, int, int]) -> None:
    assert last_hour(said(("inactive", "11:20:00")), Policy(before)) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [("inactive", (0, 60, 0)), ("active", (60, 0, 0)), ("backfill", (0, 0, 60)), ("exclude", (0, 0, 60))],
)
@pytest.mark.parametrize("between", ["carry_forward", "nearest"])
@pytest.mark.parametrize("polls", [[], [("active", "12:00:10")]])
def test_without_any_poll_before_t(
    between: str, polls: list[tuple[str, str]], before: str, expected: tuple[int, int, int]
) -> None:
    assert last_hour(said(*polls), Policy(before, between), as_of="2023-01-25 12:00:30") == expected


def test_backfill_takes_the_winner_of_the_first_minute() -> None:
    polls = said(("active", "11:20:10"), ("inactive", "11:20:50"), ("active", "11:30:00"))
    assert last_hour(polls, Policy("backfill")) == (30, 30, 0)


@pytest.mark.parametrize("before", ["inactive", "active", "backfill", "exclude"])
def test_a_poll_before_the_window_leaves_nothing_before_the_first_poll(before: str) -> None:
    polls = said(("active", "2022-12-01 00:00:00"), ("inactive", "11:45:00"))
    assert last_hour(polls, Policy(before)) == (45, 15, 0)


# A poll is trusted for max_gap minutes


@pytest.mark.parametrize(("max_gap", "up"), [(1, 1), (10, 10), (39, 39), (40, 40), (41, 40), (100_000, 40)])
def test_a_poll_is_trusted_from_its_minute_for_max_gap_minutes(max_gap: int, up: int) -> None:
    polls = said(("active", "11:20:59"))
    assert last_hour(polls, Policy("exclude", max_gap=max_gap)) == (up, 0, 60 - up)


@pytest.mark.parametrize(("max_gap", "unknown"), [(11, 0), (10, 0), (9, 1), (1, 9)])
def test_what_max_gap_leaves_up_to_the_next_poll_is_unknown(max_gap: int, unknown: int) -> None:
    polls = said(("active", "11:00:00"), ("inactive", "11:10:00"), ("inactive", "11:10:30"))
    assert count(polls, Policy(max_gap=max_gap), as_of="2023-01-25 11:11:00")["last_hour"].unknown == unknown


def test_the_next_poll_ends_trust_sooner() -> None:
    # Down by the before rule up to 11:20, up for 5 minutes, down for 10, then unknown.
    polls = said(("active", "11:20:00"), ("inactive", "11:25:00"))
    assert last_hour(polls, Policy(max_gap=10)) == (5, 30, 25)


def test_max_gap_leaves_the_minutes_before_the_first_poll_to_the_before_rule() -> None:
    assert last_hour(said(("active", "11:55:00")), Policy("backfill", max_gap=1)) == (56, 0, 4)


def test_trust_in_a_poll_before_the_window_runs_out_within_it() -> None:
    assert last_hour(said(("active", "10:55:00")), Policy(max_gap=10)) == (5, 0, 55)


def test_trust_runs_out_while_the_store_is_closed() -> None:
    # Open 11:00 to 11:10 (5 minutes before the poll, 5 after) and 11:50 to 12:00, more than 30 minutes after it.
    hours = [(2, "11:00", "11:10"), (2, "11:50", "12:00")]
    assert last_hour(said(("active", "11:05:00")), Policy(max_gap=30), hours) == (5, 5, 10)


# The nearest poll


@pytest.mark.parametrize(("minute", "up"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (59, 30), (58, 30)])
def test_minutes_between_two_polls_are_shared_and_an_odd_one_goes_to_the_earlier(minute: int, up: int) -> None:
    polls = said(("active", "11:00:59"), ("inactive", f"11:{minute:02}:00"))
    assert last_hour(polls, NEAREST) == (up, 60 - up, 0)


def test_nearest_reaches_to_both_sides() -> None:
    # Up 11:00 to 11:10, down 11:11 to 11:25, up from 11:26 on.
    polls = said(("active", "11:00:00"), ("inactive", "11:20:00"), ("active", "11:30:00"))
    assert last_hour(polls, NEAREST) == (45, 15, 0)


def test_nearest_before_the_first_poll_takes_the_before_rule() -> None:
    polls = said(("active", "11:20:00"))
    assert last_hour(polls, NEAREST) == (40, 20, 0)
    assert last_hour(polls, Policy("exclude", "nearest")) == (40, 0, 20)


def test_nearest_knows_no_poll_from_t_on() -> None:
    polls = said(("active", "11:00:00"), ("inactive", "12:00:00"))
    assert last_hour(polls, NEAREST, as_of="2023-01-25 12:00:59") == (60, 0, 0)
    assert last_hour(polls, NEAREST, as_of="2023-01-25 12:01:00") == (30, 30, 0)


def test_nearest_reaches_into_a_window_from_both_sides_of_it() -> None:
    # The clock hour 11:00 to 12:00. Polls at 10:30 and 11:10 meet at 10:51, those at 11:10 and 12:10 at 11:41.
    polls = said(("active", "10:30:00"), ("inactive", "11:10:00"), ("active", "12:10:00"))
    policy = Policy(between="nearest", windows="calendar")
    assert last_hour(polls, policy, as_of="2023-01-25 12:30:00") == (19, 41, 0)
    assert last_hour(polls, policy, as_of="2023-01-25 12:10:00") == (0, 60, 0)


def test_nearest_with_a_max_gap_has_no_meaning() -> None:
    with pytest.raises(ValueError, match="nearest"):
        last_hour(said(("active", "11:00:00")), Policy(between="nearest", max_gap=10))


# Poll hours


@pytest.mark.parametrize(
    ("ups", "downs", "expected"),
    [
        (0, 0, (0, 0, 60)),
        (1, 0, (60, 0, 0)),
        (0, 1, (0, 60, 0)),
        (1, 1, (30, 30, 0)),
        (1, 2, (20, 40, 0)),
        (3, 4, (25, 35, 0)),  # 180 / 7 = 25.7
        (6, 1, (51, 9, 0)),  # 360 / 7 = 51.4
    ],
)
def test_poll_hours_are_scaled_down_to_the_business_minutes(
    ups: int, downs: int, expected: tuple[int, int, int]
) -> None:
    polls = [("active", f"11:{minute:02}:00") for minute in range(ups)]
    polls += [("inactive", f"11:{minute:02}:30") for minute in range(30, 30 + downs)]
    assert last_hour(said(*polls), POLL_HOURS) == expected


def test_what_poll_hours_leave_is_unknown() -> None:
    polls = said(("active", "05:00:00"), ("active", "05:01:00"), ("inactive", "2023-01-20 00:00:00"))
    assert count(polls, POLL_HOURS)["last_day"] == Minutes(120, 0, 1320, 1440)
    assert count(polls, POLL_HOURS)["last_week"] == Minutes(120, 60, 9900, 10080)


def test_poll_hours_that_fill_the_business_minutes_exactly_are_not_scaled() -> None:
    hours = [(2, "08:00", "11:00")]
    polls = said(("active", "08:00:00"), ("inactive", "09:00:00"), ("inactive", "10:59:59"))
    assert count(polls, POLL_HOURS, hours)["last_day"] == Minutes(60, 120, 0, 180)


def test_poll_hours_of_an_odd_number_of_minutes_round_uptime_down() -> None:
    polls = said(("active", "11:10:00"), ("inactive", "11:20:00"))
    assert last_hour(polls, POLL_HOURS, [(2, "11:00", "11:59")]) == (29, 30, 0)


def test_poll_hours_know_polls_inside_business_hours_only() -> None:
    polls = said(("active", "11:10:00"), ("active", "11:29:59"), ("inactive", "11:30:00"))
    assert last_hour(polls, POLL_HOURS, [(2, "11:30", "12:00")]) == (0, 30, 0)


def test_poll_hours_know_polls_inside_the_window_only_and_one_a_minute() -> None:
    polls = said(("active", "10:59:59"), ("active", "11:00:00"), ("inactive", "11:00:30"), ("active", "12:00:00"))
    assert last_hour(polls, POLL_HOURS) == (0, 60, 0)


@pytest.mark.parametrize("before", ["inactive", "active", "backfill", "exclude"])
def test_before_has_no_meaning_for_poll_hours(before: str) -> None:
    assert last_hour([], Policy(before, "poll_hours")) == (0, 0, 60)


def test_without_business_minutes_nothing_counts() -> None:
    for policy in (Policy(), NEAREST, POLL_HOURS):
        assert last_hour(said(("active", "11:10:00")), policy, [(3, "00:00", "01:00")]) == (0, 0, 0)


# Calendar windows


def test_calendar_windows_are_the_last_full_hour_day_and_iso_week() -> None:
    as_of = "2023-01-25 12:34:56"
    assert window("last_hour", "UTC", as_of) == ("01-25 11:00", "01-25 12:00", 60)
    assert window("last_day", "UTC", as_of) == ("01-24 00:00", "01-25 00:00", 1440)
    assert window("last_week", "UTC", as_of) == ("01-16 00:00", "01-23 00:00", 10080)


def test_calendar_windows_may_end_at_t() -> None:
    as_of = "2023-01-23 00:00:59"  # a Monday
    assert window("last_hour", "UTC", as_of) == ("01-22 23:00", "01-23 00:00", 60)
    assert window("last_day", "UTC", as_of) == ("01-22 00:00", "01-23 00:00", 1440)
    assert window("last_week", "UTC", as_of) == ("01-16 00:00", "01-23 00:00", 10080)


def test_one_minute_before_monday_the_last_week_is_the_one_before() -> None:
    assert window("last_week", "UTC", "2023-01-22 23:59:59") == ("01-09 00:00", "01-16 00:00", 10080)


def test_calendar_windows_are_those_of_the_stores_clock() -> None:
    assert window("last_hour", "Asia/Kathmandu", NOON) == ("01-25 10:15", "01-25 11:15", 60)  # 16:00 to 17:00
    assert window("last_day", "Asia/Kolkata", NOON) == ("01-23 18:30", "01-24 18:30", 1440)
    # Monday 03:00 UTC is Sunday in Chicago.
    assert window("last_week", "America/Chicago", "2023-01-23 03:00:00") == ("01-09 06:00", "01-16 06:00", 10080)


def test_after_the_hour_skipped_in_spring_the_last_hour_is_the_one_before_it() -> None:
    # Chicago, 03:30 (-5): after 01:59 came 03:00, at 08:00 UTC.
    assert window("last_hour", "America/Chicago", "2023-03-12 08:30:00") == ("03-12 07:00", "03-12 08:00", 60)
    assert window("last_hour", "America/Chicago", "2023-03-12 09:30:00") == ("03-12 08:00", "03-12 09:00", 60)


def test_the_day_and_week_of_spring_lack_an_hour() -> None:
    as_of = "2023-03-13 12:00:00"
    assert window("last_day", "America/Chicago", as_of) == ("03-12 06:00", "03-13 05:00", 23 * 60)
    assert window("last_week", "America/Chicago", as_of) == ("03-06 06:00", "03-13 05:00", 10080 - 60)


def test_the_hour_repeated_in_autumn_is_one_of_120_minutes() -> None:
    # Chicago: 01:00 (-5) is 06:00 UTC, 01:00 (-6) is 07:00 UTC, 02:00 (-6) is 08:00 UTC.
    assert window("last_hour", "America/Chicago", "2023-11-05 08:30:00") == ("11-05 06:00", "11-05 08:00", 120)


def test_within_the_repeated_hour_the_last_hour_is_the_one_before_both() -> None:
    for as_of in ("2023-11-05 06:30:00", "2023-11-05 07:30:00", "2023-11-05 07:59:59"):
        assert window("last_hour", "America/Chicago", as_of) == ("11-05 05:00", "11-05 06:00", 60)


def test_the_day_and_week_of_autumn_have_an_hour_more() -> None:
    as_of = "2023-11-06 12:00:00"
    assert window("last_day", "America/Chicago", as_of) == ("11-05 05:00", "11-06 06:00", 25 * 60)
    assert window("last_week", "America/Chicago", as_of) == ("10-30 05:00", "11-06 06:00", 10080 + 60)


def test_lord_howe_has_hours_of_30_and_of_90_minutes() -> None:
    # 02:00 (+10:30) becomes 02:30 (+11) at 15:30 UTC; 02:00 (+11) becomes 01:30 (+10:30) at 15:00 UTC.
    assert window("last_hour", "Australia/Lord_Howe", "2023-09-30 16:10:00") == ("09-30 15:30", "09-30 16:00", 30)
    assert window("last_hour", "Australia/Lord_Howe", "2023-04-01 16:00:00") == ("04-01 14:00", "04-01 15:30", 90)


def test_a_day_without_midnight_begins_at_one() -> None:
    # Beirut: Sunday 2024-03-31 00:00 (+2) becomes 01:00 (+3) at Saturday 22:00 UTC.
    assert window("last_day", "Asia/Beirut", "2024-04-01 12:00:00") == ("03-30 22:00", "03-31 21:00", 23 * 60)


def test_the_day_before_apias_31st_is_the_29th() -> None:
    # After Thursday 2011-12-29 (-10) came Saturday 31st (+14), at 10:00 UTC on the 30th.
    assert window("last_day", "Pacific/Apia", "2011-12-30 12:00:00") == ("12-29 10:00", "12-30 10:00", 1440)
    assert window("last_day", "Pacific/Apia", "2011-12-31 12:00:00") == ("12-30 10:00", "12-31 10:00", 1440)
    assert window("last_hour", "Pacific/Apia", "2011-12-30 10:30:00") == ("12-30 09:00", "12-30 10:00", 60)


def test_apias_week_without_a_friday_has_six_days() -> None:
    as_of = "2012-01-03 00:00:00"
    assert window("last_week", "Pacific/Apia", as_of) == ("12-26 10:00", "01-01 10:00", 6 * 1440)


def test_calendar_windows_have_the_zone_in_force_at_t() -> None:
    utc: dict[str, Any] = {"effective_from": None, "timezone": "UTC", "hours": []}
    kolkata: dict[str, Any] = {"effective_from": f"{NOON}Z", "timezone": "Asia/Kolkata", "hours": []}
    calendar = parse_calendar({"versions": [utc, kolkata]})
    noon = minute_of(moment(NOON))
    assert reference.windows(calendar, CALENDAR, noon - 1)["last_hour"] == range(noon - 120, noon - 60)
    assert reference.windows(calendar, CALENDAR, noon)["last_hour"] == range(noon - 90, noon - 30)


def test_polls_after_a_calendar_window_do_not_change_it() -> None:
    polls = said(("active", "11:30:00"), ("inactive", "12:10:00"))
    assert last_hour(polls, CALENDAR, as_of="2023-01-25 12:59:00") == (30, 30, 0)


def test_backfill_takes_a_first_poll_after_the_window_too() -> None:
    policy = Policy("backfill", windows="calendar")
    assert last_hour(said(("active", "12:10:00")), policy, as_of="2023-01-25 12:30:00") == (60, 0, 0)


# Whatever is generated


@settings(deadline=None)
@given(changing_scenarios(max_stores=2, max_clusters=6))
def test_up_down_and_unknown_make_up_the_business_minutes(scenario: ChangingScenario) -> None:
    calendars = reference.calendars_from_messages(scenario.messages)
    polls_of = reference.polls_by_store(scenario.polls)
    as_of = scenario.as_of or reference.newest_moment(polls_of)
    at = minute_of(as_of)
    for store_id in reference.known_stores(polls_of, calendars):
        polls, calendar = polls_of.get(store_id, set()), calendars.get(store_id, Calendar())
        counted = reference.minutes(polls, calendar, scenario.policy, as_of)
        found = reference.windows(calendar, scenario.policy, at)
        for name, (up, down, unknown, business) in counted.items():
            assert min(up, down, unknown) >= 0
            assert up + down + unknown == business <= len(found[name])
            assert len(found[name]) > 0
            assert found[name].stop <= at
        is_certain = scenario.policy.before != "exclude" and scenario.policy.max_gap is None and polls
        if is_certain and scenario.policy.between != "poll_hours" and min(polls).moment < as_of - timedelta(minutes=1):
            assert all(each.unknown == 0 for each in counted.values())


@settings(deadline=None)
@given(changing_scenarios(max_stores=1, max_clusters=6))
def test_a_range_is_the_window_that_ends_where_it_does(scenario: ChangingScenario) -> None:
    calendars = reference.calendars_from_messages(scenario.messages)
    polls_of = reference.polls_by_store(scenario.polls)
    as_of = scenario.as_of or reference.newest_moment(polls_of)
    policy = scenario.policy._replace(windows="rolling")
    for store_id, polls in polls_of.items():
        calendar = calendars.get(store_id, Calendar())
        last_day = reference.minutes(polls, calendar, policy, as_of)["last_day"]
        assert reference.range_minutes(polls, calendar, as_of - timedelta(days=1), as_of, policy) == last_day

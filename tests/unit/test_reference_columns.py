"""Examples calculated by hand, which prove the reference's extended report and its ranges.

T is Wednesday 2023-01-25 12:00 UTC unless said otherwise.
"""

import csv
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from tests import reference
from tests.reference import Policy
from tests.support.policy_strategies import ChangingScenario, changing_scenarios

NOON = datetime(2023, 1, 25, 12, tzinfo=UTC)
EXTENDED_HEADER = (
    "store_id,uptime_last_hour,uptime_last_day,uptime_last_week,"
    "downtime_last_hour,downtime_last_day,downtime_last_week,"
    "unknown_last_hour,unknown_last_day,unknown_last_week,"
    "business_minutes_last_hour,business_minutes_last_day,business_minutes_last_week,"
    "uptime_percent_last_hour,uptime_percent_last_day,uptime_percent_last_week,"
    "outages_last_week,longest_outage_last_week,last_poll_utc,last_status,zone,polls_last_week,estimated_from,"
    "hours_from,zone_from,calendar_rows_refused"
)
RANGE_HEADER = "store_id,uptime_minutes,downtime_minutes,unknown_minutes,uptime_hours,downtime_hours,unknown_hours"
NINE_TO_FIVE = [{"day": day, "start": "09:00", "end": "17:00"} for day in range(7)]


def extended(
    polls: list[tuple[str, str]],
    policy: Policy = reference.DEFAULT_POLICY,
    hours: list[dict[str, Any]] | None = None,
    as_of: datetime | None = NOON,
    **parts: Any,
) -> dict[str, str]:
    """Give the row of one store with polls (status, time), in UTC."""
    body = {"timezone": "UTC", "hours": hours or [], **parts}
    rows = [("s", status, time) for status, time in polls]
    calendars = reference.calendars_from_messages([("s", body)])
    text = reference.report_of(rows, calendars, as_of, policy, "extended", "some-name").decode()
    [row] = csv.DictReader(text.splitlines())
    return row


def outages(
    polls: list[tuple[str, str]],
    policy: Policy = reference.DEFAULT_POLICY,
    hours: list[dict[str, Any]] | None = None,
    **parts: Any,
) -> tuple[str, str]:
    row = extended(polls, policy, hours, **parts)
    return row["outages_last_week"], row["longest_outage_last_week"]


# The extended report


def test_extended_columns_follow_the_default_ones() -> None:
    # Up 20 minutes: 0.333 h, 33.33 % of 60, 1.389 % of 1440, 0.198 % of 10080.
    polls = [("s", "active", "2023-01-25 11:40:00.5")]
    report = reference.report(polls, [], [("s", "UTC")], NOON, columns="extended", policy_name="my-policy")
    assert report.decode() == (
        f"{EXTENDED_HEADER}\n"
        "s,20,0.33,0.33,40,23.67,167.67,0,0.0,0.0,60,1440,10080,33.33,1.39,0.2,"
        "1,10060,2023-01-25T11:40:00.500000Z,active,UTC,1,my-policy,assumed,given,0\n"
    )


def test_default_columns_stay_the_seven_under_any_policy() -> None:
    report = reference.report([("s", "active", "2023-01-25 11:40:00")], [], [], NOON, Policy("exclude", max_gap=5))
    header = ",".join(EXTENDED_HEADER.split(",")[:7])
    assert report.decode() == f"{header}\ns,5,0.08,0.08,0,0.0,0.0\n"


def test_unknown_is_written_in_minutes_and_hours() -> None:
    # Up 11:40 to 11:50; the rest of the hour, 23.833 h of the day and 167.833 h of the week are unknown.
    row = extended([("active", "2023-01-25 11:40:00")], Policy("exclude", max_gap=10))
    assert [row[f"unknown_last_{name}"] for name in ("hour", "day", "week")] == ["50", "23.83", "167.83"]
    assert row["uptime_percent_last_week"] == "100.0"


def test_percent_is_empty_where_nothing_is_known_and_of_what_is_known_elsewhere() -> None:
    row = extended(
        [("active", "2023-01-25 03:00:00"), ("inactive", "2023-01-25 06:00:00")], Policy("exclude", max_gap=60)
    )
    assert [row[f"uptime_percent_last_{name}"] for name in ("hour", "day", "week")] == ["", "50.0", "50.0"]


def test_percent_is_empty_where_the_store_was_closed() -> None:
    row = extended([], hours=[{"day": 0, "start": "09:00", "end": "17:00"}])
    assert [row[f"uptime_percent_last_{name}"] for name in ("hour", "day", "week")] == ["", "", "0.0"]
    assert [row[f"business_minutes_last_{name}"] for name in ("hour", "day", "week")] == ["0", "0", "480"]


def test_an_outage_goes_on_over_the_night_without_its_closed_minutes() -> None:
    # Monday 16:00 to 17:00 and Tuesday 09:00 to 10:00.
    polls = [("active", "2023-01-01 00:00:00"), ("inactive", "2023-01-23 16:00:00"), ("active", "2023-01-24 10:00:00")]
    assert outages(polls, hours=NINE_TO_FIVE) == ("1", "120")


def test_a_minute_up_makes_two_outages_of_one() -> None:
    polls = [
        ("active", "2023-01-01 00:00:00"),
        ("inactive", "2023-01-23 16:00:00"),
        ("active", "2023-01-24 09:30:00"),
        ("inactive", "2023-01-24 09:31:00"),
        ("active", "2023-01-24 09:41:00"),
    ]
    assert outages(polls, hours=NINE_TO_FIVE) == ("2", "90")


def test_a_store_up_again_while_closed_makes_no_second_outage() -> None:
    polls = [
        ("active", "2023-01-01 00:00:00"),
        ("inactive", "2023-01-23 16:00:00"),
        ("active", "2023-01-23 20:00:00"),
        ("inactive", "2023-01-24 08:00:00"),
        ("active", "2023-01-24 10:00:00"),
    ]
    assert outages(polls, hours=NINE_TO_FIVE) == ("1", "120")


def test_down_while_closed_is_no_outage() -> None:
    polls = [("active", "2023-01-01 00:00:00"), ("inactive", "2023-01-23 17:00:00"), ("active", "2023-01-24 09:00:00")]
    assert outages(polls, hours=NINE_TO_FIVE) == ("0", "0")


def test_unknown_minutes_end_an_outage() -> None:
    # 11:00 to 11:10 and 11:20 to 11:30.
    polls = [("inactive", "2023-01-25 11:00:00"), ("inactive", "2023-01-25 11:20:00")]
    assert outages(polls, Policy("exclude", max_gap=10)) == ("2", "10")
    assert outages(polls, Policy("exclude", max_gap=20)) == ("1", "40")


def test_maintenance_neither_counts_nor_interrupts_an_outage() -> None:
    polls = [("active", "2023-01-01 00:00:00"), ("inactive", "2023-01-25 11:00:00")]
    maintenance = [{"from": "2023-01-25 11:10:00Z", "to": "2023-01-25 11:40:00Z"}]
    assert outages(polls, maintenance=maintenance) == ("1", "30")


def test_an_outage_is_cut_off_at_the_edges_of_the_week() -> None:
    assert outages([("inactive", "2023-01-01 00:00:00")]) == ("1", "10080")


def test_outages_of_calendar_windows_are_those_of_the_last_full_week() -> None:
    # Monday 16th up to Monday 23rd: the outage that began on Sunday has 60 of its minutes in it.
    polls = [("active", "2023-01-01 00:00:00"), ("inactive", "2023-01-22 23:00:00"), ("active", "2023-01-23 23:00:00")]
    assert outages(polls, Policy(windows="calendar")) == ("1", "60")
    assert outages(polls) == ("1", "1440")


def test_poll_hours_know_no_outages() -> None:
    assert outages([("inactive", "2023-01-25 11:00:00")], Policy(between="poll_hours")) == ("", "")


def test_last_poll_is_the_newest_up_to_t_unfloored_of_those_that_are_kept() -> None:
    polls = [("inactive", "2023-01-25 11:59:20"), ("active", "2023-01-25 12:00:40")]
    row = extended(polls, as_of=NOON.replace(second=39, microsecond=999_999))
    assert (row["last_poll_utc"], row["last_status"]) == ("2023-01-25T11:59:20.000000Z", "inactive")
    row = extended(polls, as_of=NOON.replace(second=40))
    assert (row["last_poll_utc"], row["last_status"]) == ("2023-01-25T12:00:40.000000Z", "active")


def test_t_by_default_is_the_newest_poll_which_is_shown_but_does_not_count() -> None:
    row = extended([("active", "2023-01-25 12:00:40.000001")], as_of=None)
    assert (row["last_poll_utc"], row["last_status"]) == ("2023-01-25T12:00:40.000001Z", "active")
    assert (row["polls_last_week"], row["uptime_last_hour"]) == ("0", "0")


def test_last_status_of_two_polls_at_one_microsecond_is_inactive() -> None:
    polls = [("inactive", "2023-01-25 11:00:00"), ("active", "2023-01-25 11:00:00")]
    assert extended(polls)["last_status"] == extended(polls[::-1])["last_status"] == "inactive"


def test_a_store_without_a_poll_up_to_t_has_no_last_poll() -> None:
    row = extended([("active", "2023-01-25 12:00:01")])
    assert (row["last_poll_utc"], row["last_status"]) == ("", "")


def test_polls_last_week_are_the_minutes_of_the_week_with_a_poll_open_or_not() -> None:
    polls = [
        ("active", "2023-01-18 11:59:59"),  # before the week
        ("active", "2023-01-18 12:00:00"),
        ("active", "2023-01-25 03:00:00"),  # closed
        ("active", "2023-01-25 11:59:00"),
        ("inactive", "2023-01-25 11:59:59"),  # the same minute
        ("active", "2023-01-25 12:00:00"),  # the minute of T
    ]
    assert extended(polls, hours=NINE_TO_FIVE)["polls_last_week"] == "3"
    assert extended(polls, Policy(windows="calendar"), NINE_TO_FIVE)["polls_last_week"] == "2"  # 16th to 23rd
    assert extended(polls, Policy(between="poll_hours"), NINE_TO_FIVE)["polls_last_week"] == "3"


def test_zone_is_that_of_the_version_in_force_at_t() -> None:
    versions = [{"effective_from": "2023-01-25 12:00:59Z", "timezone": "Asia/Kolkata", "hours": []}]
    calendars = reference.calendars_from_messages([("s", {"versions": versions})])
    texts = [
        reference.report_of([], calendars, as_of, columns="extended").decode()
        for as_of in (NOON.replace(hour=11, minute=59), NOON)
    ]
    rows = [row for text in texts for row in csv.DictReader(text.splitlines())]
    assert [(row["zone"], row["zone_from"]) for row in rows] == [
        ("America/Chicago", "assumed"),
        ("Asia/Kolkata", "given"),
    ]


# Ranges


def range_rows(
    polls: list[tuple[str, str, str]], bodies: dict[str, dict[str, Any]], begin: date, end: date
) -> list[str]:
    calendars = reference.calendars_from_messages(bodies.items())
    header, *rows = reference.range_report(polls, calendars, begin, end).decode().splitlines()
    assert header == RANGE_HEADER
    return rows


def test_a_range_runs_from_minute_to_minute_both_floored() -> None:
    # 11:00 up to 12:00; 40 minutes are 0.667 h.
    polls = [("s", "active", "2023-01-25 11:20:00"), ("s", "inactive", "2023-01-25 12:00:00")]
    begin = NOON.replace(hour=11, second=30)
    assert range_rows(polls, {}, begin, NOON.replace(second=59)) == ["s,40,20,0,0.67,0.33,0.0"]


def test_polls_after_the_range_do_not_exist_for_it() -> None:
    polls = [("s", "active", "2023-01-25 11:00:00"), ("s", "inactive", "2023-01-25 12:00:00")]
    calendars = reference.calendars_from_messages([])
    for policy in (Policy(), Policy(between="nearest"), Policy("backfill")):
        report = reference.range_report(polls, calendars, NOON.replace(hour=11), NOON, policy)
        assert report.decode().splitlines()[1] == "s,60,0,0,1.0,0.0,0.0"


def test_dates_are_those_of_each_store() -> None:
    # Kolkata's 24th is 18:30 to 18:30 UTC, Chicago's 06:00 to 06:00: up for 30 minutes, and for 12 hours.
    polls = [(store_id, "active", "2023-01-24 18:00:00") for store_id in ("c", "k")]
    rows = range_rows(polls, {"k": {"timezone": "Asia/Kolkata", "hours": []}}, date(2023, 1, 24), date(2023, 1, 25))
    assert rows == ["c,720,720,0,12.0,12.0,0.0", "k,30,1410,0,0.5,23.5,0.0"]


@pytest.mark.parametrize(
    ("zone", "begin", "end", "minutes"),
    [
        ("America/Chicago", date(2023, 3, 12), date(2023, 3, 13), 23 * 60),
        ("America/Chicago", date(2023, 11, 5), date(2023, 11, 6), 25 * 60),
        ("Asia/Beirut", date(2024, 3, 31), date(2024, 4, 1), 23 * 60),
        ("Pacific/Apia", date(2011, 12, 30), date(2011, 12, 31), 0),
        ("Pacific/Apia", date(2011, 12, 29), date(2011, 12, 31), 1440),
        ("Pacific/Apia", date(2011, 12, 29), date(2012, 1, 1), 2 * 1440),
    ],
)
def test_dates_have_the_minutes_that_went_by(zone: str, begin: date, end: date, minutes: int) -> None:
    [row] = range_rows([], {"s": {"timezone": zone, "hours": []}}, begin, end)
    assert row.split(",")[:3] == ["s", "0", str(minutes)]


def test_dates_are_those_of_the_newest_version_even_one_to_come() -> None:
    utc: dict[str, Any] = {"effective_from": None, "timezone": "UTC", "hours": []}
    kolkata: dict[str, Any] = {"effective_from": "2030-01-01 00:00:00Z", "timezone": "Asia/Kolkata", "hours": []}
    body = {"versions": [kolkata, utc]}
    polls = [("s", "active", "2023-01-24 18:00:00")]
    assert range_rows(polls, {"s": body}, date(2023, 1, 24), date(2023, 1, 25)) == ["s,30,1410,0,0.5,23.5,0.0"]


# Whatever is generated


@settings(deadline=None)
@given(changing_scenarios(max_stores=2, max_clusters=5))
def test_reports_have_all_columns_and_do_not_depend_on_the_order_of_polls(scenario: ChangingScenario) -> None:
    calendars = reference.calendars_from_messages(scenario.messages)
    report = reference.report_of(scenario.polls, calendars, scenario.as_of, scenario.policy, "extended")
    in_order = sorted(scenario.polls) * 2
    assert reference.report_of(in_order, calendars, scenario.as_of, scenario.policy, "extended") == report
    plain = reference.report_of(scenario.polls, calendars, scenario.as_of, scenario.policy)
    both = zip(csv.reader(report.decode().splitlines()), csv.reader(plain.decode().splitlines()), strict=True)
    assert all(long[:7] == short and len(long) == 26 for long, short in both)


@settings(deadline=None)
@given(changing_scenarios(max_stores=2, max_clusters=5))
def test_ranges_have_a_row_a_store_and_lie_in_order(scenario: ChangingScenario) -> None:
    calendars = reference.calendars_from_messages(scenario.messages)
    begin, end = scenario.range
    assert begin < end
    report = reference.range_report(scenario.polls, calendars, begin, end, scenario.policy)
    assert len(report.splitlines()) == 1 + len(reference.counts_by_store(scenario.polls, calendars))

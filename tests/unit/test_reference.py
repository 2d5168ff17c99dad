"""Examples calculated by hand, which prove the reference itself.

2023-01-25 is a Wednesday (weekday 2). Chicago is then at UTC-6.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests import reference
from tests.reference import Calendar, Counts, NoPolls, Rejected
from tests.support.strategies import BROKEN_HOURS_ROWS, BROKEN_POLL_ROWS, BROKEN_ZONE_ROWS, Scenario, scenarios

NOON = "2023-01-25 12:00:00"
HEADER = (
    "store_id,uptime_last_hour,uptime_last_day,uptime_last_week,downtime_last_hour,downtime_last_day,downtime_last_week"
)
ACTIVE_FOR_EVER = [("active", "1970-01-01 00:00:00")]


def count(
    polls: list[tuple[str, str]],
    hours: list[tuple[int, str, str]] | None = None,
    zone: str = "UTC",
    as_of: str = NOON,
) -> Counts:
    """Count one store's minutes: polls are (status, timestamp), hours are (weekday, start, end)."""
    calendars = reference.calendars_from_rows(
        [("s", str(day), start, end) for day, start, end in hours or []], [("s", zone)]
    )
    rows = [("s", status, timestamp) for status, timestamp in polls]
    return reference.counts_by_store(rows, calendars, datetime.fromisoformat(f"{as_of}+00:00"))["s"]


def open_last_day(hours: list[tuple[int, str, str]], zone: str = "UTC", as_of: str = NOON) -> int:
    """Count the business minutes of the last 24 hours."""
    return count(ACTIVE_FOR_EVER, hours, zone, as_of).uptime_last_day


def open_last_hour(hours: list[tuple[int, str, str]], zone: str = "UTC", as_of: str = NOON) -> int:
    """Count the business minutes of the last hour."""
    return count(ACTIVE_FOR_EVER, hours, zone, as_of).uptime_last_hour


# Polls


def test_last_poll_is_carried_forward_to_the_end_of_the_window() -> None:
    assert count([("active", "2023-01-25 11:20:00")]) == Counts(40, 40, 40, 20, 1400, 10040)


def test_before_the_first_poll_the_store_is_inactive() -> None:
    counts = count([("active", "2023-01-25 06:00:00")])
    assert (counts.uptime_last_day, counts.downtime_last_day) == (360, 1080)


def test_poll_before_the_window_counts_from_its_beginning() -> None:
    assert count([("active", "2022-12-01 00:00:00")]) == Counts(60, 1440, 10080, 0, 0, 0)


def test_of_the_polls_before_the_window_the_newest_counts() -> None:
    polls = [("active", "2022-12-01 00:00:00"), ("inactive", "2022-12-02 00:00:00")]
    assert count(polls) == Counts(0, 0, 0, 60, 1440, 10080)


def test_poll_counts_from_the_minute_it_fell_in_up_to_the_minute_of_the_next() -> None:
    counts = count([("active", "2023-01-25 11:10:59.9"), ("inactive", "2023-01-25 11:25:59")])
    assert (counts.uptime_last_hour, counts.downtime_last_hour) == (15, 45)


def test_of_two_polls_in_a_minute_the_later_one_wins() -> None:
    polls = [("active", "2023-01-25 11:30:20.000002"), ("inactive", "2023-01-25 11:30:20.000001")]
    assert count(polls).uptime_last_hour == 30
    polls = [("active", "2023-01-25 11:30:20.000001"), ("inactive", "2023-01-25 11:30:20.000002")]
    assert count(polls).uptime_last_hour == 0


def test_of_two_polls_at_one_microsecond_inactive_wins() -> None:
    polls = [("inactive", "2023-01-25 11:30:20.000001"), ("active", "2023-01-25 11:30:20.0000019")]
    assert count(polls).uptime_last_hour == 0
    assert count(polls[::-1]).uptime_last_hour == 0


def test_tie_outside_the_window_goes_to_inactive_too() -> None:
    polls = [("inactive", "2023-01-01 00:00:00"), ("active", "2023-01-01 00:00:00")]
    assert count(polls).uptime_last_week == 0


def test_windows_end_before_the_minute_of_as_of() -> None:
    polls = [("active", "2023-01-25 11:59:59"), ("inactive", "2023-01-25 12:00:00")]
    assert count(polls, as_of="2023-01-25 12:00:59").uptime_last_hour == 1


def test_poll_after_as_of_does_not_count() -> None:
    polls = [("active", "2023-01-25 11:00:00"), ("inactive", "2023-01-25 12:00:30")]
    assert count(polls, as_of="2023-01-25 12:00:00").uptime_last_hour == 60


def test_windows_begin_one_hour_one_day_and_one_week_before() -> None:
    polls = [("active", "2023-01-18 11:59:00"), ("inactive", "2023-01-18 12:01:00")]
    assert count(polls).uptime_last_week == 1
    polls = [("active", "2023-01-24 11:59:00"), ("inactive", "2023-01-24 12:01:00")]
    assert (count(polls).uptime_last_day, count(polls).uptime_last_week) == (1, 2)
    polls = [("active", "2023-01-25 10:59:00"), ("inactive", "2023-01-25 11:01:00")]
    assert (count(polls).uptime_last_hour, count(polls).uptime_last_day) == (1, 2)


def test_as_of_may_lie_days_after_the_last_poll() -> None:
    counts = count([("active", "2023-01-20 12:00:00")])
    assert (counts.uptime_last_day, counts.uptime_last_week) == (1440, 5 * 1440)


# Business hours


def test_store_without_hours_is_open_around_the_clock() -> None:
    assert count([]) == Counts(0, 0, 0, 60, 1440, 10080)


def test_hours_are_half_open() -> None:
    # Wednesday 09:00 up to 11:30: of the last hour the first 30 minutes.
    counts = count([("active", "2023-01-25 11:10:00")], [(2, "09:00", "11:30")])
    assert counts == Counts(20, 20, 20, 10, 130, 130)


def test_weekday_without_a_row_is_closed() -> None:
    # The week from Wednesday 18th 12:00 to Wednesday 25th 12:00 has one Monday.
    counts = count(ACTIVE_FOR_EVER, [(0, "09:00", "17:00")])
    assert counts == Counts(0, 0, 480, 0, 0, 0)


def test_first_and_last_part_of_the_same_weekday_both_count() -> None:
    # Wednesday 18th from 12:00 to 17:00, and Wednesday 25th from 09:00 to 12:00.
    assert count(ACTIVE_FOR_EVER, [(2, "09:00", "17:00")]).uptime_last_week == 300 + 180


def test_overlapping_touching_and_repeated_rows_add_up() -> None:
    assert open_last_day([(2, "08:00", "10:00"), (2, "09:00", "10:30"), (2, "08:00", "10:00")]) == 150
    assert open_last_day([(2, "08:00", "10:00"), (2, "10:00", "10:30"), (2, "11:00", "11:30")]) == 180


@pytest.mark.parametrize("end", ["23:59:59", "23:59:01", "00:00", "00:00:00", "24:00", "24:00:00"])
def test_end_of_the_day_is_written_in_many_ways(end: str) -> None:
    assert open_last_day([(1, "22:00", end)]) == 120


def test_end_at_23_59_leaves_the_last_minute_closed() -> None:
    assert open_last_day([(1, "22:00", "23:59")]) == 119
    assert open_last_day([(1, "22:00", "23:59:00")]) == 119


def test_starts_are_floored_and_ends_ceiled() -> None:
    assert open_last_day([(2, "09:00:59", "09:10:01")]) == 11
    assert open_last_day([(2, "09:00:00", "09:10:00")]) == 10
    assert open_last_day([(2, "09:00:10", "09:00:20")]) == 1


def test_midnight_to_midnight_is_the_whole_day() -> None:
    assert count(ACTIVE_FOR_EVER, [(0, "00:00", "00:00")]).uptime_last_week == 1440
    assert count(ACTIVE_FOR_EVER, [(0, "00:00:00", "23:59:59")]).uptime_last_week == 1440
    assert count(ACTIVE_FOR_EVER, [(0, "00:00", "24:00")]).uptime_last_week == 1440


def test_night_runs_into_a_day_that_has_no_row() -> None:
    # Tuesday 22:00 to Wednesday 02:00.
    assert open_last_day([(1, "22:00", "02:00")]) == 240
    assert open_last_day([(1, "22:00", "02:00")], as_of="2023-01-25 01:00:00") == 180


def test_night_of_sunday_runs_into_monday() -> None:
    assert open_last_hour([(6, "22:00", "02:00")], as_of="2023-01-23 02:30:00") == 30


def test_night_and_the_next_days_own_row_add_up() -> None:
    # Tuesday 22:00 to Wednesday 06:00, and Wednesday 05:00 to 08:00.
    assert open_last_day([(1, "22:00", "06:00"), (2, "05:00", "08:00")]) == 600


def test_equal_start_and_end_are_24_hours_from_the_start() -> None:
    # Monday 09:00 to Tuesday 09:00.
    hours = [(0, "09:00", "09:00")]
    assert count(ACTIVE_FOR_EVER, hours).uptime_last_week == 1440
    assert open_last_hour(hours, as_of="2023-01-23 09:30:00") == 30
    assert open_last_hour(hours, as_of="2023-01-24 09:30:00") == 30


def test_equal_after_rounding_to_the_minute_is_24_hours_too() -> None:
    assert count(ACTIVE_FOR_EVER, [(0, "09:00:40", "08:59:20")]).uptime_last_week == 1440
    assert count(ACTIVE_FOR_EVER, [(0, "09:00:40", "09:00:20")]).uptime_last_week == 1


def test_end_one_minute_before_the_start_leaves_one_minute_closed() -> None:
    assert count(ACTIVE_FOR_EVER, [(0, "09:00", "08:59")]).uptime_last_week == 1439


def test_uptime_and_downtime_add_up_to_the_business_minutes() -> None:
    counts = count([("active", "2023-01-25 09:59:00"), ("inactive", "2023-01-25 10:01:00")], [(2, "10:00", "11:00")])
    assert (counts.uptime_last_day, counts.downtime_last_day) == (1, 59)


# Zones


def test_hours_are_local_time() -> None:
    # Wednesday 05:00 in Chicago is 11:00 UTC.
    assert open_last_hour([(2, "05:00", "05:20")], "America/Chicago") == 20


def test_the_weekday_is_that_of_the_local_date() -> None:
    # Wednesday 2023-01-25 03:00 UTC is Tuesday 21:00 in Chicago.
    assert open_last_hour([(1, "20:00", "21:00")], "America/Chicago", "2023-01-25 03:00:00") == 60
    assert open_last_hour([(2, "20:00", "21:00")], "America/Chicago", "2023-01-25 03:00:00") == 0


def test_store_without_a_zone_is_in_chicago() -> None:
    calendars = reference.calendars_from_rows([("s", "2", "05:00", "05:20")], [])
    assert calendars == {"s": Calendar("America/Chicago", frozenset({reference.Hours(2, 300, 320)}), assumes_zone=True)}


def test_zone_at_half_an_hour() -> None:
    # 09:00 to 10:00 in Kolkata (+05:30) is 03:30 to 04:30 UTC.
    assert open_last_hour([(2, "09:00", "10:00")], "Asia/Kolkata", "2023-01-25 04:00:00") == 30


def test_zone_at_three_quarters_of_an_hour() -> None:
    # 09:00 to 10:00 in Kathmandu (+05:45) is 03:15 to 04:15 UTC.
    assert open_last_hour([(2, "09:00", "10:00")], "Asia/Kathmandu", "2023-01-25 04:00:00") == 45


def test_local_time_at_an_offset_with_seconds_is_floored_to_the_minute() -> None:
    # Monrovia was at -00:44:30: 00:44 UTC is 23:59:30 on Monday, 00:45 UTC is 00:00:30 on Tuesday 1971-06-01.
    assert open_last_hour([(1, "00:00", "01:00")], "Africa/Monrovia", "1971-06-01 01:00:00") == 15


def test_hour_skipped_in_spring_shortens_the_night() -> None:
    # Chicago, Saturday 22:00 (-6) is 04:00 UTC; Sunday 2023-03-12 04:00 (-5) is 09:00 UTC.
    assert open_last_day([(5, "22:00", "04:00")], "America/Chicago", "2023-03-12 12:00:00") == 300


def test_hours_within_the_skipped_hour_do_not_exist() -> None:
    assert open_last_day([(6, "02:15", "02:45")], "America/Chicago", "2023-03-12 12:00:00") == 0
    assert open_last_day([(6, "01:45", "03:15")], "America/Chicago", "2023-03-12 12:00:00") == 30


def test_hour_repeated_in_autumn_lengthens_the_night() -> None:
    # Chicago, Saturday 22:00 (-5) is 03:00 UTC; Sunday 2023-11-05 04:00 (-6) is 10:00 UTC.
    assert open_last_day([(5, "22:00", "04:00")], "America/Chicago", "2023-11-05 12:00:00") == 420


def test_hours_that_end_within_the_repeated_hour_are_open_in_both() -> None:
    # 22:00 to 01:30 (-5) is 03:00 to 06:30 UTC; then 01:00 to 01:30 (-6) is 07:00 to 07:30 UTC.
    hours = [(5, "22:00", "01:30")]
    assert open_last_day(hours, "America/Chicago", "2023-11-05 12:00:00") == 210 + 30
    assert open_last_hour(hours, "America/Chicago", "2023-11-05 07:00:00") == 30
    assert open_last_hour(hours, "America/Chicago", "2023-11-05 07:30:00") == 30


def test_24_hours_across_a_clock_change_are_23_or_25() -> None:
    hours = [(5, "12:00", "12:00")]
    assert count(ACTIVE_FOR_EVER, hours, "America/Chicago", "2023-03-13 00:00:00").uptime_last_week == 23 * 60
    assert count(ACTIVE_FOR_EVER, hours, "America/Chicago", "2023-11-06 00:00:00").uptime_last_week == 25 * 60


def test_lord_howe_goes_back_by_half_an_hour() -> None:
    # Sunday 2023-04-02 00:00 (+11) is Saturday 13:00 UTC; 04:00 (+10:30) is 17:30 UTC.
    assert open_last_day([(6, "00:00", "04:00")], "Australia/Lord_Howe", "2023-04-02 00:00:00") == 270


def test_beirut_skips_midnight() -> None:
    # Sunday 2024-03-31 00:00 (+2) becomes 01:00 (+3) at Saturday 22:00 UTC. Saturday's 23:00-02:00 has 2 hours left.
    assert open_last_day([(5, "23:00", "02:00")], "Asia/Beirut", "2024-03-31 12:00:00") == 120
    assert open_last_day([(6, "00:00", "02:00")], "Asia/Beirut", "2024-03-31 12:00:00") == 60


def test_night_runs_over_from_the_weekday_before_even_if_that_day_was_skipped() -> None:
    # Apia had no Friday 2011-12-30: after Thursday came, at 10:00 UTC, Saturday. Friday's night still ends on Saturday.
    assert open_last_day([(4, "22:00", "02:00")], "Pacific/Apia", "2011-12-31 00:00:00") == 120
    assert open_last_day([(3, "22:00", "02:00")], "Pacific/Apia", "2011-12-31 00:00:00") == 120


# Parsing


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-01-25 12:00:00 UTC", (2023, 1, 25, 12, 0, 0, 0)),
        ("2023-01-25T12:00:00Z", (2023, 1, 25, 12, 0, 0, 0)),
        ("2023-01-25 12:00:00", (2023, 1, 25, 12, 0, 0, 0)),
        ("2023-01-25 12:00:00.5+00:00", (2023, 1, 25, 12, 0, 0, 500_000)),
        ("2023-01-25 17:30:00+05:30", (2023, 1, 25, 12, 0, 0, 0)),
        ("2023-01-24 23:15:00-12:45", (2023, 1, 25, 12, 0, 0, 0)),
        ("2023-01-25 12:00:00.000001 UTC", (2023, 1, 25, 12, 0, 0, 1)),
        ("2023-01-25 12:00:59.999999999 UTC", (2023, 1, 25, 12, 0, 59, 999_999)),
        ("1970-01-01 00:00:00 UTC", (1970, 1, 1, 0, 0, 0, 0)),
        ("1969-12-31 23:30:00-00:30", (1970, 1, 1, 0, 0, 0, 0)),
        ("9999-12-31 23:59:59.999999 UTC", (9999, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_timestamp_is_read_to_the_microsecond(text: str, moment: tuple[int, int, int, int, int, int, int]) -> None:
    assert reference.parse_timestamp(text) == datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize("text", ["1970-01-01 00:00:00+00:01", "9999-12-31 23:59:59-00:01", "0000-01-01 00:00:00"])
def test_timestamp_outside_the_years_1970_to_9999_is_rejected(text: str) -> None:
    with pytest.raises(Rejected):
        reference.parse_timestamp(text)


@pytest.mark.parametrize("row", BROKEN_POLL_ROWS)
def test_broken_poll_is_rejected(row: tuple[str, str, str]) -> None:
    with pytest.raises(Rejected):
        reference.parse_poll(*row)


@pytest.mark.parametrize("row", BROKEN_HOURS_ROWS)
def test_broken_hours_are_rejected(row: tuple[str, str, str, str]) -> None:
    with pytest.raises(Rejected):
        reference.parse_hours_row(*row)


@pytest.mark.parametrize("row", BROKEN_ZONE_ROWS)
def test_broken_zone_is_rejected(row: tuple[str, str]) -> None:
    with pytest.raises(Rejected):
        reference.parse_zone_row(*row)


def test_spaces_around_ids_and_statuses_are_stripped_and_no_other_whitespace() -> None:
    assert reference.parse_poll("  a b ", " active ", NOON).store_id == "a b"
    assert reference.parse_store_id("\u00a0a") == "\u00a0a"
    with pytest.raises(Rejected):
        reference.parse_store_id("a\n")


def test_id_that_is_no_utf_8_is_rejected() -> None:
    with pytest.raises(Rejected):
        reference.parse_store_id("a\udcff")


def test_last_valid_zone_row_wins() -> None:
    rows = [("s", "Asia/Kolkata"), (" s ", "Europe/London"), ("s", "Mars/Olympus")]
    assert reference.calendars_from_rows([], rows) == {"s": Calendar("Europe/London")}


def test_message_replaces_the_whole_calendar_and_a_bad_one_changes_nothing() -> None:
    nine_to_five = frozenset({reference.Hours(0, 540, 1020)})
    week = [{"day": 0, "start": "09:00", "end": "17:00"}]
    first = ("s", {"timezone": "Asia/Kolkata", "hours": week})
    bad = ("s", {"timezone": "Europe/London", "hours": [*week, {"day": 7, "start": "09:00", "end": "17:00"}]})
    assert reference.calendars_from_messages([first, bad]) == {"s": Calendar("Asia/Kolkata", nine_to_five)}
    assert reference.calendars_from_messages([first, ("s", {"timezone": None, "hours": []})]) == {
        "s": Calendar("America/Chicago", assumes_zone=True)
    }
    assert reference.calendars_from_messages([first, ("s", None)]) == {}


# The report


def test_as_of_is_the_newest_poll_of_all_stores_by_default() -> None:
    polls = [("a", "active", "2023-01-25 11:30:00"), ("b", "inactive", "2023-01-25 12:00:30")]
    assert reference.counts_by_store(polls, {})["a"].uptime_last_hour == 30


def test_without_polls_and_as_of_there_is_no_report() -> None:
    with pytest.raises(NoPolls):
        reference.report([("s", "unknown", NOON)], [("s", "0", "09:00", "17:00")], [])


def test_hours_are_rounded_to_two_digits_and_written_as_python_does() -> None:
    # Up: 20 minutes of the hour, 20 / 60 = 0.333 h. Down: 1420 / 60 = 23.667 h of the day, 10060 / 60 = 167.667 h.
    polls = [("s", "active", "2023-01-25 11:40:00")]
    report = reference.report(polls, [], [], datetime(2023, 1, 25, 12, tzinfo=UTC))
    assert report.decode() == f"{HEADER}\ns,20,0.33,0.33,40,23.67,167.67\n"


def test_hours_without_a_fraction_keep_one_zero() -> None:
    # Up since 23:30 of the day before: 12.5 h.
    polls = [("s", "active", "2023-01-24 23:30:00")]
    report = reference.report(polls, [], [], datetime(2023, 1, 25, 12, tzinfo=UTC))
    assert report.decode() == f"{HEADER}\ns,60,12.5,12.5,0,11.5,155.5\n"


def test_each_store_known_from_any_valid_row_has_a_row_in_the_order_of_its_bytes() -> None:
    report = reference.report(
        [("b", "active", "2023-01-26 00:00:00"), ("bad", "up", NOON)],
        [("\U0001f355", "0", "09:00", "17:00"), ("bad", "7", "09:00", "17:00")],
        [("\uffff", "UTC"), ("10", "UTC"), ("9", "UTC"), ("B", "UTC"), ("bad", "Nowhere")],
        datetime(2023, 1, 25, 12, tzinfo=UTC),
    )
    ids = [line.split(",")[0] for line in report.decode().splitlines()[1:]]
    assert ids == ["10", "9", "B", "b", "\uffff", "\U0001f355"]


def test_ids_are_quoted_only_where_they_must_be() -> None:
    polls = [(store_id, "active", "2023-01-25 11:00:00") for store_id in ("a,b", 'say "hi"', "=1+1", "two words")]
    lines = reference.report(polls, [], [], datetime(2023, 1, 25, 12, tzinfo=UTC)).decode().split("\n")
    numbers = "60,1.0,1.0,0,23.0,167.0"
    assert lines[1:] == [
        f"=1+1,{numbers}",
        f'"a,b",{numbers}',
        f'"say ""hi""",{numbers}',
        f"two words,{numbers}",
        "",
    ]


@pytest.mark.parametrize("day_column", ["day", "dayOfWeek", "day_of_week"])
@pytest.mark.parametrize("hours_file", ["menu_hours", "business_hours", "store_hours", "store_business_hours"])
@pytest.mark.parametrize("zones_file", ["timezones", "store_timezones", "timezone"])
def test_files_are_read_whatever_their_names_and_quirks(
    tmp_path: Path, day_column: str, hours_file: str, zones_file: str
) -> None:
    (tmp_path / "store_status.csv").write_bytes(
        b"\xef\xbb\xbfstatus,timestamp_utc,store_id\r\nactive,2023-01-25 11:30:00 UTC, s \r\nactive\r\n"
        b'active,2023-01-25 12:00:00 UTC,\xff\r\nactive,2023-01-25 12:00:00 UTC,"a,b"\r\n'
    )
    (tmp_path / f"{hours_file}.csv").write_text(
        f"store_id,{day_column},start_time_local,end_time_local\ns,2,05:00:00,05:45:00\n"
    )
    (tmp_path / f"{zones_file}.csv").write_text("store_id,timezone_str\ns ,America/Chicago\n")
    assert reference.report_from_files(tmp_path).decode() == (
        f'{HEADER}\n"a,b",0,0.0,0.0,60,24.0,168.0\ns,15,0.25,0.25,30,0.5,0.5\n'
    )


def test_missing_files_count_as_empty(tmp_path: Path) -> None:
    assert reference.report_from_files(tmp_path, datetime(2023, 1, 25, tzinfo=UTC)).decode() == f"{HEADER}\n"
    with pytest.raises(NoPolls):
        reference.report_from_files(tmp_path)


@settings(deadline=None)
@given(scenarios(max_stores=2, max_clusters=4))
def test_report_depends_on_the_set_of_polls_only_and_windows_nest(scenario: Scenario) -> None:
    calendars = reference.calendars_from_rows(scenario.hours_rows, scenario.zone_rows)
    counted = reference.counts_by_store(scenario.polls, calendars, scenario.as_of)
    assert reference.counts_by_store(sorted(scenario.polls) * 2, calendars, scenario.as_of) == counted
    for counts in counted.values():
        assert 0 <= counts.uptime_last_hour <= counts.uptime_last_day <= counts.uptime_last_week
        assert 0 <= counts.downtime_last_hour <= counts.downtime_last_day <= counts.downtime_last_week
        assert counts.uptime_last_hour + counts.downtime_last_hour <= 60

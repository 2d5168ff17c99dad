"""A store's timeline, outages and polls agree with the reference and with the extended report."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from api.as_of import AsOfNotRetainedError
from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.problems import ProblemError
from api.report_request import Columns, ReportRequest, checked_range
from api.store_history import StoreHistory
from api.stored_stores import StoredStores
from stream_app.domain.policy import parse_policy
from tests import reference
from tests.property.test_policies import NAMES, as_of_micros, content_of, reference_policy
from tests.reference_policies import existing_polls, minutes_in, statuses
from tests.support.strategies import Scenario, scenarios
from tests.unit.api.test_live import SAID, micros, minute_of, of_store, one_store

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_NAMES = NAMES.filter(lambda name: name != "poll_hours")
POLLS = [
    ("a", "active", "2023-01-25 10:00:00 UTC"),
    ("a", "inactive", "2023-01-25 11:00:00 UTC"),
    ("a", "inactive", "2023-01-25 11:00:30 UTC"),
    ("a", "active", "2023-01-25 12:00:00 UTC"),
]


def history(content: PartitionContent, store_id: str, as_of: int) -> StoreHistory:
    return StoreHistory(store_id, StoredStores(of_store(content, store_id.encode())), as_of)


def ids_of(content: PartitionContent) -> list[str]:
    return [key.decode() for key in StoredStores(content).ids]


@settings(max_examples=80, deadline=None)  # the first example of a zone reads its rules
@given(scenario=scenarios(max_stores=2), name=MINUTE_NAMES, edges=st.tuples(st.integers(0, 3000), st.integers(1, 3000)))
def test_timeline_says_of_each_minute_what_the_reference_says(
    scenario: Scenario, name: str, edges: tuple[int, int]
) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)
    at = as_of // 60_000_000
    end = at - edges[0]
    window = range(end - edges[1], end)
    spelled = [(EPOCH + timedelta(minutes=edge)).isoformat() for edge in (window.start, window.stop)]
    calendars = reference.calendars_from_rows(scenario.hours_rows, scenario.zone_rows)
    polls_of, policy = reference.polls_by_store(scenario.polls), reference_policy(name)

    for store_id in ids_of(content):
        try:
            found = history(content, store_id, as_of).timeline(parse_policy(name), checked_range(*spelled), 1)
        except AsOfNotRetainedError:
            reject()

        calendar = calendars.get(store_id, reference.Calendar())
        existing = existing_polls(polls_of.get(store_id, set()), at)
        is_open = reference.open_minutes(calendar, window.start, window.stop)
        said = statuses(existing, policy, window, at)
        shown = [run.status for run in found.runs for _ in range(minute_of(run.start) or 0, minute_of(run.end) or 0)]
        assert shown == [SAID[said[minute]] if minute in is_open else "closed" for minute in window]
        counted = minutes_in(window, existing, calendar, policy, at)
        assert (found.minutes.up, found.minutes.down, found.minutes.unknown) == counted[:3]
        assert found.minutes.closed == len(window) - counted.business


@settings(max_examples=80, deadline=None)
@given(scenario=scenarios(max_stores=3), name=MINUTE_NAMES)
def test_outages_and_polls_of_the_week_are_those_of_the_extended_report(scenario: Scenario, name: str) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)
    try:
        report = fleet_report([content], ReportRequest(policy=name, columns=Columns.EXTENDED), as_of)
    except AsOfNotRetainedError:
        reject()

    for row, store_id in enumerate(report["store_id"]):
        found = history(content, str(store_id), as_of).outages(parse_policy(name), None)
        polls = history(content, str(store_id), as_of).polls(checked_range(found.start, found.end), 10_000)

        assert found.count == report["outages_last_week"][row] == len(found.outages)
        assert found.longest_minutes == report["longest_outage_last_week"][row]
        downtime = round(found.minutes_lost / 60, 2)
        assert downtime == report["downtime_last_week"][row]
        assert len(polls.polls) == report["polls_last_week"][row]


def test_polls_come_newest_first_a_page_at_a_time() -> None:
    of_a = history(one_store(*POLLS), "a", micros("2023-01-25T12:00:00Z"))

    page = of_a.polls(None, 2)
    rest = of_a.polls(checked_range("2023-01-25T00:00", page.next_to), 2)

    assert [(poll.status, poll.timestamp_utc) for poll in page.polls] == [
        ("active", "2023-01-25T12:00:00.000000Z"),
        ("inactive", "2023-01-25T11:00:30.000000Z"),
    ]
    assert [poll.timestamp_utc for poll in rest.polls] == ["2023-01-25T10:00:00.000000Z"]
    assert rest.next_to is None


def test_coarse_timeline_shows_the_worst_of_a_slot_and_exact_minutes() -> None:
    of_a = history(one_store(*POLLS), "a", micros("2023-01-25T13:00:00Z"))

    found = of_a.timeline(parse_policy("measured"), checked_range("2023-01-25T09:30", "2023-01-25T12:30"), 120)

    assert [(run.status, run.start[11:16], run.end[11:16]) for run in found.runs] == [
        ("unknown", "09:30", "10:00"),
        ("down", "10:00", "12:00"),
        ("up", "12:00", "12:30"),
    ]
    assert found.minutes.model_dump() == {"up": 90, "down": 60, "unknown": 30, "closed": 0}


def test_outage_says_when_and_what_it_cost() -> None:
    of_a = history(one_store(*POLLS), "a", micros("2023-01-25T13:00:00Z"))

    found = of_a.outages(parse_policy("measured"), None)

    assert [(outage.start, outage.end, outage.minutes_lost) for outage in found.outages] == [
        ("2023-01-25T11:00:00Z", "2023-01-25T12:00:00Z", 60)
    ]
    assert (found.count, found.longest_minutes, found.minutes_lost) == (1, 60, 60)


@pytest.mark.parametrize(
    ("first", "end", "code"),
    [
        ("2023-01-25T12:00", "2023-01-25T13:01", "bad_range"),
        ("2022-10-01T12:00", "2023-01-25T13:00", "range_too_long"),
    ],
)
def test_range_past_t_or_too_long_is_refused(first: str, end: str, code: str) -> None:
    of_a = history(one_store(*POLLS), "a", micros("2023-01-25T13:00:59Z"))

    with pytest.raises(ProblemError) as refused:
        of_a.timeline(parse_policy("default"), checked_range(first, end), 1)

    assert (refused.value.status, refused.value.code) == (422, code)


def test_policy_that_gives_minutes_no_status_has_no_timeline() -> None:
    of_a = history(one_store(*POLLS), "a", micros("2023-01-25T13:00:00Z"))

    with pytest.raises(ProblemError) as refused:
        of_a.timeline(parse_policy("poll_hours"), None, 1)

    assert refused.value.code == "policy_without_minutes"

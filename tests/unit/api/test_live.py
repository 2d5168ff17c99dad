"""A store's live answer equals the reference's, at any time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, reject, settings

from api.as_of import AsOfNotRetainedError, check_retained
from api.live import live_store
from api.snapshots import StoredStore
from stream_app.codec import table
from tests import reference
from tests.support.strategies import Scenario, scenarios
from tests.support.tables import calendars_of, meta_of, store_items, valid_polls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@settings(max_examples=150, deadline=None)  # the first example of a zone reads its rules
@given(scenarios(max_stores=2))
def test_live_answer_equals_the_reference(scenario: Scenario) -> None:
    polls, calendars = valid_polls(scenario.polls), calendars_of(scenario.hours_rows, scenario.zone_rows)
    newest = int(polls.observations.max()) >> 1
    at = scenario.as_of or EPOCH + timedelta(microseconds=newest)
    as_of = (at.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    meta = meta_of(newest)
    try:
        check_retained(as_of, [meta])
    except AsOfNotRetainedError:
        reject()
    expected = reference.counts_by_store(
        scenario.polls, reference.calendars_from_rows(scenario.hours_rows, scenario.zone_rows), at
    )
    values = store_items(polls, calendars)
    minute = reference.minute_of(at)

    for store_id, counts in expected.items():
        calendar = calendars.get(store_id)
        value = None if calendar is None else table.encode_calendar(calendar)
        answer = live_store(store_id, StoredStore(meta, values.get(store_id.encode()), value), as_of)

        found = answer.model_dump()
        assert {name: found[f"{name}_minutes"] for name in counts._fields} == counts._asdict()
        of_reference = reference.calendars_from_rows(scenario.hours_rows, scenario.zone_rows).get(store_id)
        is_open = minute in reference.open_minutes(of_reference or reference.Calendar(), minute, minute + 1)
        assert answer.is_open_now == is_open
        assert (answer.status == "closed") == (not is_open)
        is_active = answer.last_poll is not None and answer.last_poll.status == "active"
        assert answer.status in ({"up"} if is_active else {"down"}) | {"closed"}


def test_status_counts_polls_to_the_microsecond_and_figures_to_the_minute() -> None:
    polls = valid_polls([("a", "active", "2023-01-25 12:00:30.000001 UTC")])
    stored = StoredStore(meta_of(int(polls.observations[0]) >> 1), store_items(polls, {})[b"a"], None)
    instant = int(polls.observations[0]) >> 1

    before, at = live_store("a", stored, instant - 1), live_store("a", stored, instant)

    assert (before.status, before.last_poll) == ("down", None)
    assert at.status == "up"
    assert at.last_poll is not None
    assert at.last_poll.timestamp_utc == at.as_of == "2023-01-25T12:00:30.000001Z"
    assert (at.uptime_last_hour_minutes, at.downtime_last_hour_minutes) == (0, 60)

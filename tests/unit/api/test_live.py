"""A store's live answer equals the reference's, at any time and by any policy."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, reject, settings

from api.as_of import AsOfNotRetainedError, format_minute
from api.partition_content import PartitionContent
from api.store_schemas import LiveStore
from api.stored_stores import StoredStores
from api.stores_now import live_answers
from stream_app.codec import table
from stream_app.domain.instant import parse_time
from stream_app.domain.policy import parse_policy
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours
from stream_app.domain.zones import load_zone
from tests import reference
from tests.property.test_policies import NAMES, as_of_micros, content_of, reference_policy
from tests.reference_policies import existing_polls, statuses
from tests.support.strategies import PollRow, Scenario, scenarios
from tests.support.tables import meta_of, store_items, valid_polls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAID = {"active": "up", "inactive": "down", "unknown": "unknown"}
AHEAD = 3 * 1440
BEHIND = 8 * 1440


def answers_of(content: PartitionContent, policy: str, as_of: int) -> list[LiveStore]:
    try:
        return live_answers(StoredStores(content), parse_policy(policy), as_of)
    except AsOfNotRetainedError:
        reject()


def of_store(content: PartitionContent, store_id: bytes) -> PartitionContent:
    """What a reader finds that asks for one store alone."""
    values = [value for key, value in zip(content.ids, content.values, strict=True) if key == store_id]
    calendars = {key: value for key, value in content.calendars.items() if key == store_id}
    return PartitionContent(content.meta, [store_id] if values else [], values, calendars)


def one_store(*polls: PollRow, calendar: StoreCalendar | None = None) -> PartitionContent:
    found = valid_polls(polls)
    newest = int(found.observations.max()) >> 1
    calendars = {} if calendar is None else {"a": calendar}
    by_id = {key.encode(): table.encode_calendar(value) for key, value in calendars.items()}
    return PartitionContent(meta_of(newest), [b"a"], [store_items(found, calendars)[b"a"]], by_id)


def micros(text: str) -> int:
    found = parse_time(text)
    assert isinstance(found, int)
    return found


def minute_of(text: str | None) -> int | None:
    return None if text is None else (datetime.fromisoformat(text) - EPOCH) // timedelta(minutes=1)


def seen_by(said: set[reference.Poll], at: datetime) -> set[reference.Poll]:
    """Polls up to the microsecond of T; of each minute only the last one is kept."""
    in_order = sorted(said, key=lambda poll: (poll.moment, poll.status == "inactive"))
    kept = {reference.minute_of(poll.moment): poll for poll in in_order}
    return {poll for poll in kept.values() if poll.moment <= at}


@settings(max_examples=100, deadline=None)  # the first example of a zone reads its rules
@given(scenario=scenarios(max_stores=3), name=NAMES)
def test_live_answer_equals_the_reference(scenario: Scenario, name: str) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)
    at, policy = EPOCH + timedelta(microseconds=as_of), reference_policy(name)
    calendars = reference.calendars_from_rows(scenario.hours_rows, scenario.zone_rows)
    expected = reference.counts_by_store(scenario.polls, calendars, at, policy)
    polls_of = reference.polls_by_store(scenario.polls)
    minute = reference.minute_of(at)
    said_by = policy if policy.between != "poll_hours" else reference.Policy(before="exclude")

    for answer in answers_of(content, name, as_of):
        calendar = calendars.get(answer.store_id, reference.Calendar())
        existing = existing_polls(seen_by(polls_of.get(answer.store_id, set()), at), minute + 1)
        past = range(max(minute - BEHIND, (content.meta.retained_from or 0)), minute + 1)
        was_open = reference.open_minutes(calendar, past.start, past.stop)
        judged = statuses(existing, said_by, past, minute + 1)
        shown = [SAID[judged[each]] if each in was_open else "closed" for each in past]
        changed = [each for each in past[1:] if shown[each - past.start] != shown[each - past.start - 1]]
        will_open = reference.open_minutes(calendar, minute, minute + AHEAD)

        found = answer.model_dump()
        counts = expected[answer.store_id]
        assert {column: found[f"{column}_minutes"] for column in counts._fields} == counts._asdict()
        assert answer.status == shown[-1]
        assert answer.is_open_now == (minute in was_open)
        if changed:
            assert answer.since == format_minute(changed[-1])
        else:
            assert answer.since is None or (minute_of(answer.since) or 0) <= past.start
        following = range(minute + 1, minute + AHEAD)
        opens = [each for each in following if each in will_open and each - 1 not in will_open]
        closes = [each for each in following if each not in will_open and each - 1 in will_open]
        for found_next, of_reference in ((answer.next_open_local, opens), (answer.next_close_local, closes)):
            if of_reference:
                assert minute_of(found_next) == of_reference[0]
            else:
                assert found_next is None or (minute_of(found_next) or 0) >= minute + AHEAD


@settings(max_examples=50, deadline=None)
@given(scenario=scenarios(max_stores=3), name=NAMES)
def test_store_by_itself_says_what_it_says_among_others(scenario: Scenario, name: str) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)

    together = answers_of(content, name, as_of)

    alone = [answers_of(of_store(content, answer.store_id.encode()), name, as_of)[0] for answer in together]
    assert alone == together


def test_status_counts_polls_to_the_microsecond_and_figures_to_the_minute() -> None:
    content = one_store(("a", "active", "2023-01-25 12:00:30.000001 UTC"))
    instant = micros("2023-01-25T12:00:30.000001Z")

    (before,), (at,), (later,) = (answers_of(content, "default", instant + more) for more in (-1, 0, 2_500_000))

    assert (before.status, before.last_poll) == ("down", None)
    assert (at.status, at.since) == ("up", "2023-01-25T12:00:00Z")
    assert at.last_poll is not None
    assert at.last_poll.timestamp_utc == at.as_of == "2023-01-25T12:00:30.000001Z"
    assert (at.uptime_last_hour_minutes, at.downtime_last_hour_minutes) == (0, 60)
    assert later.last_poll is not None
    assert (at.last_poll.age_seconds, later.last_poll.age_seconds) == (0, 2.5)


@pytest.mark.parametrize(
    ("at", "opens", "closes"),
    [
        ("2023-03-12T01:30:00Z", "2023-03-12T01:00:00-06:00", "2023-03-12T04:00:00-05:00"),
        ("2023-03-12T08:30:00Z", "2023-03-13T01:00:00-05:00", "2023-03-12T04:00:00-05:00"),
    ],
)
def test_next_opening_and_closing_stand_on_the_stores_own_clock(at: str, opens: str, closes: str) -> None:
    calendar = StoreCalendar("America/Chicago", tuple(WeeklyHours(day, 60, 240) for day in range(7)))
    content = one_store(("a", "active", "2023-03-10 12:00:00 UTC"), calendar=calendar)

    (answer,) = answers_of(content, "default", micros(at))

    assert (answer.next_open_local, answer.next_close_local) == (opens, closes)


@pytest.mark.parametrize("at", ["9999-12-29T00:00:00Z", "2500-01-01T00:00:00Z"])
def test_far_future_is_answered(at: str) -> None:
    content = one_store(("a", "active", "2023-01-25 12:00:00 UTC"), calendar=StoreCalendar("Pacific/Kiritimati"))

    (answer,) = answers_of(content, "default", micros(at))

    assert (answer.status, answer.since, answer.next_open_local, answer.uptime_last_hour_minutes) == (
        "up",
        None,
        None,
        60,
    )
    assert load_zone(answer.zone) is not None


def test_store_that_always_is_open_never_opens_nor_closes() -> None:
    (answer,) = answers_of(
        one_store(("a", "active", "2023-01-25 12:00:00 UTC")), "default", micros("2023-01-25T13:00:00Z")
    )

    assert (answer.is_open_now, answer.next_open_local, answer.next_close_local) == (True, None, None)

"""Times and hours in every spelling: the product reads what the reference reads, and nothing else."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain.instant import parse_time
from stream_app.domain.poll import parse_polls
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import parse_day_hours
from tests import reference
from tests.reference_rows import parse_interval
from tests.support.spelling_strategies import SPELLED_CLOCKS, SPELLED_TIMES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_slowly(text: str) -> int | None:
    try:
        return (reference.parse_timestamp(text) - EPOCH) // timedelta(microseconds=1)
    except reference.Rejected:
        return None


@given(SPELLED_TIMES)
def test_a_time_is_what_the_reference_says_or_refused_by_both(text: str) -> None:
    micros = parse_time(text)

    assert (None if isinstance(micros, Rejected) else micros) == read_slowly(text)


@given(st.lists(SPELLED_TIMES, min_size=1, max_size=4))
def test_a_column_is_read_as_its_rows_are(texts: list[str]) -> None:
    polls = parse_polls(["a"] * len(texts), ["active"] * len(texts), texts)

    read = dict(zip(polls.rows.tolist(), (polls.observations >> 1).tolist(), strict=True))
    assert [read.get(row) for row in range(len(texts))] == [read_slowly(text) for text in texts]


@given(SPELLED_CLOCKS, SPELLED_CLOCKS)
def test_hours_are_what_the_reference_says_or_refused_by_both(start: str, end: str) -> None:
    hours = parse_day_hours(start, end)

    try:
        expected = parse_interval(start, end)
    except reference.Rejected:
        assert isinstance(hours, Rejected)
    else:
        assert hours == expected

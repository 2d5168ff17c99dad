"""Each spelling of the tables means what they say, to the product and to the reference alike."""

from datetime import UTC, datetime

import pytest

from stream_app.domain.clock_time import parse_clock
from stream_app.domain.instant import format_instant, parse_time
from tests import reference
from tests.reference_rows import parse_start
from tests.spec.spellings import (
    HOURS_READ,
    HOURS_REFUSED,
    TIMES_READ,
    TIMES_REFUSED,
    refusal_of_hours,
    refusal_of_time,
)

MICROS_PER_MINUTE = 60_000_000
TIMES = [text for texts in TIMES_READ.values() for text in texts]
HOURS = [(start[:5], text) for start, texts in HOURS_READ.items() for text in texts]


@pytest.mark.parametrize("text", TIMES)
def test_every_spelling_of_the_table_is_one_time(text: str) -> None:
    micros = parse_time(text)

    assert isinstance(micros, int)
    assert format_instant(micros) == "2023-01-25T11:20:00.000000Z"
    assert reference.parse_timestamp(text) == datetime(2023, 1, 25, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("text", TIMES_REFUSED)
def test_every_time_that_leaves_a_choice_is_refused_with_what_was_found(text: str) -> None:
    assert refusal_of_time(text).startswith(repr(text))
    with pytest.raises(reference.Rejected):
        reference.parse_timestamp(text)


@pytest.mark.parametrize(("start", "text"), HOURS)
def test_every_spelling_of_a_start_is_its_minute(start: str, text: str) -> None:
    micros = parse_clock(text)
    minute = int(start[:2]) * 60 + int(start[3:])

    assert micros is not None
    assert micros // MICROS_PER_MINUTE == parse_start(text) == minute


@pytest.mark.parametrize("text", HOURS_REFUSED)
def test_every_start_that_leaves_a_choice_is_refused_with_what_was_found(text: str) -> None:
    assert refusal_of_hours(text).startswith(repr(text))
    with pytest.raises(reference.Rejected):
        parse_start(text)

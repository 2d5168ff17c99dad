"""Which letters of calendars give way to a record that came in since."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.dead_letters import DeadLetter, RecordSource
from stream_app.local.dead_letter_box import Filed
from stream_app.local.retry import Resent, is_outdated, newest_of_each_key
from stream_app.local.second_look import Sendable

TOPIC = "store-calendars"
LETTER_AT = 5  # seconds since the epoch


def record(offset: int, at_s: int, key: bytes = b"a") -> Any:
    return SimpleNamespace(key=key, topic=TOPIC, partition=0, offset=offset, timestamp=at_s * 1000)


def letter(offset: int, key: bytes = b"a") -> Resent:
    source = RecordSource(TOPIC, 0, offset)
    filed = DeadLetter("bad_hours", "s", source, "{}", "utf-8", f"1970-01-01T00:00:0{LETTER_AT}.000+00:00")
    return Resent(Filed(b"k", filed), Sendable(TOPIC, key, b"{}"))


def outdated(resent: Resent, records: list[Any]) -> bool:
    return is_outdated(resent, newest_of_each_key(records).get(resent.record.key, ()))


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], False),
        ([record(0, LETTER_AT)], False),  # its own record, which today's rules would take
        ([record(1, LETTER_AT)], True),
        ([record(1, LETTER_AT - 1)], False),
        ([record(1, LETTER_AT + 1, b"b")], False),
        ([record(0, LETTER_AT + 2), record(1, LETTER_AT + 1)], True),
    ],
)
def test_letter_gives_way_to_a_record_of_its_store_that_is_not_older(records: list[Any], expected: bool) -> None:  # noqa: FBT001
    assert outdated(letter(0), records) is expected


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([b"a", b"b"]))))
def test_the_two_newest_records_of_a_store_decide_as_all_of_them_do(rows: list[tuple[int, bytes]]) -> None:
    records = [record(offset, at_s, key) for offset, (at_s, key) in enumerate(rows)]

    slowly = any(each.key == b"a" and each.offset != 0 and each.timestamp >= LETTER_AT * 1000 for each in records)

    assert outdated(letter(0), records) is slowly

"""What was refused of a store's calendar, as bytes of the topic and of the table."""

import pytest

from stream_app.codec.refusals import decode_refusals, decode_refusals_record, encode_refusals, refusals_key
from stream_app.domain.refusals import NOTHING_REFUSED, Refusals
from stream_app.domain.rejection import Reason, Rejected
from stream_app.errors import StateError


@pytest.mark.parametrize("refusals", [NOTHING_REFUSED, Refusals(12, 1), Refusals(message=True)])
def test_refusals_come_back_from_their_record_and_from_the_table(refusals: Refusals) -> None:
    value = encode_refusals(refusals)

    assert decode_refusals_record(refusals_key("shop"), value) == ("shop", refusals)
    assert decode_refusals(value) == refusals


def test_tombstone_and_missing_value_say_that_nothing_was_refused() -> None:
    assert decode_refusals_record(refusals_key("shop"), None) == ("shop", NOTHING_REFUSED)
    assert decode_refusals(None) == NOTHING_REFUSED


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"\0refused/shop", b"{", Reason.MALFORMED_RECORD),
        (b"\0refused/shop", b'{"hours":"12"}', Reason.MALFORMED_RECORD),
        (b"\0refused/shop", b"[" * 5_000, Reason.MALFORMED_RECORD),
        (b"\0refused/\xff", b"{}", Reason.MALFORMED_RECORD),
        (b"\0refused/", b"{}", Reason.EMPTY_STORE_ID),
    ],
)
def test_record_that_is_none_is_refused_by_name(key: bytes, value: bytes, reason: Reason) -> None:
    found = decode_refusals_record(key, value)

    assert isinstance(found, Rejected)
    assert found.reason is reason


def test_damaged_value_of_the_table_is_an_error() -> None:
    with pytest.raises(StateError, match="unreadable"):
        decode_refusals(b"\xff")

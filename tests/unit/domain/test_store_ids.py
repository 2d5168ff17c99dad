"""Store ids: what is one, what is said of what isn't, and when many can be taken as they stand."""

import pytest

from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_id import are_plain, parse_store_id


@pytest.mark.parametrize(
    "text", ["a", "8139926242460185114", "Xa X", "\u00a0a", "a b", "null", "../x", "x" * 256, "é" * 128, "🍕" * 64]
)
def test_id_is_whatever_it_is_within_spaces(text: str) -> None:
    assert parse_store_id(text) == text
    assert parse_store_id(f"  {text} ") == text


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("", Reason.EMPTY_STORE_ID, "''"),
        ("  ", Reason.EMPTY_STORE_ID, "'  '"),
        ("\ta", Reason.BAD_STORE_ID, "'\\ta'"),
        (" a\x85", Reason.BAD_STORE_ID, "' a\\x85'"),
        ("a\ud800", Reason.NOT_UTF8, "'a\\ud800' has half a character of UTF-16"),
        ("Caf\udce9", Reason.NOT_UTF8, "'Caf\\udce9' has the byte 0xe9, as Windows-1252 and ISO 8859 have it"),
        ("\x00" + "a" * 300, Reason.BAD_STORE_ID, "'\\x00" + "a" * 255 + "'"),
        ("a" * 257, Reason.BAD_STORE_ID, "257 bytes, starting with '" + "a" * 40 + "'"),
        ("é" * 128 + "a", Reason.BAD_STORE_ID, "257 bytes, starting with '" + "é" * 40 + "'"),
    ],
)
def test_refusal_of_an_id_says_what_was_found(text: str, reason: Reason, detail: str) -> None:
    assert parse_store_id(text) == Rejected(reason, detail)


def test_ids_that_need_no_look_are_plain() -> None:
    assert are_plain(["a", "8139926242460185114", "x" * 64, "é"])


@pytest.mark.parametrize("odd", ["", " a", "a ", "a b", "a\t", "a\x07", "\u00a0", "x" * 65, "é" * 65, "\ud800"])
@pytest.mark.parametrize("neighbours", [[], ["a", "b"]])
def test_one_odd_id_is_enough_to_look_at_each(odd: str, neighbours: list[str]) -> None:
    assert not are_plain([odd, *neighbours])
    assert not are_plain([*neighbours, odd])

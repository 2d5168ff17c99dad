"""What a dead letter keeps of its input, and that older letters can still be read."""

import pytest

from stream_app.dead_letters import (
    MAX_RAW_BYTES,
    FileSource,
    RecordSource,
    decode_dead_letter,
    record_letter,
    row_letter,
)
from stream_app.domain.rejection import Reason, Rejected

REJECTED = Rejected(Reason.MALFORMED_RECORD, "x" * 1_000_000)
AT = RecordSource("store-polls", 0, 7)
BATCH_BYTES = 512 << 10  # of the changelog's writer


@pytest.mark.parametrize("byte", [b"a", b"\x01", b"\xff", b'"', "é".encode(), "🍕".encode()], ids=repr)
def test_the_letter_of_the_largest_record_fits_a_batch_and_says_its_whole_length(byte: bytes) -> None:
    raw = (b"-" + byte * 1_048_588)[:1_048_588]

    key, value = record_letter(REJECTED, AT, raw, raw, 0)
    letter = decode_dead_letter(value)

    assert len(key) + len(value) < BATCH_BYTES
    assert (letter.raw_bytes, letter.is_cut) == (len(raw), True)
    assert raw.startswith(letter.raw_input)
    assert MAX_RAW_BYTES - 4 < len(letter.raw_input) <= MAX_RAW_BYTES
    assert letter.record_key is None


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", "ü".encode(), b"x" * MAX_RAW_BYTES], ids=len)
def test_what_is_not_too_long_is_kept_whole(raw: bytes) -> None:
    letter = decode_dead_letter(record_letter(REJECTED, AT, raw[:1024], raw, 0)[1])

    assert (letter.raw_input, letter.record_key, letter.is_cut, letter.is_null) == (raw, raw[:1024], False, False)


def test_no_value_and_no_key_are_not_empty_ones() -> None:
    letter = decode_dead_letter(record_letter(REJECTED, AT, None, None, 0)[1])

    assert (letter.is_null, letter.record_key) == (True, None)


def test_a_letter_without_the_newer_fields_is_read() -> None:
    letter = decode_dead_letter(
        b'{"reason":"bad_day","sentence":"","source":{"kind":"file","file":"a.csv","row":2},'
        b'"raw":"1,8","encoding":"utf-8","time":"2024-01-01T00:00:00.000+00:00"}'
    )

    assert (letter.source, letter.is_cut, letter.layout) == (FileSource("a.csv", 2), False, None)


@pytest.mark.parametrize("at_s", [-1e12, -0.001, 1e15])
def test_a_records_absurd_time_makes_a_letter_all_the_same(at_s: float) -> None:
    assert decode_dead_letter(record_letter(REJECTED, AT, None, b"", at_s)[1]).time[:4] in {"1970", "9999"}


def test_a_file_name_that_is_no_utf8_makes_a_letter_all_the_same() -> None:
    key, value = row_letter(REJECTED, FileSource("\udcff.csv", 2), b"1", 0, None)

    assert decode_dead_letter(value).source == FileSource("\\udcff.csv", 2)
    assert key.startswith(b"\\udcff.csv/2/")

"""A column of times against the same times read one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain.canonical_times import canonical_micros
from stream_app.domain.instant import format_instant, parse_time

MICROS = st.integers(0, 253_402_300_799_999_999)  # up to the end of 9999
GOOD = "2024-02-29T23:59:59.999999Z"


@given(st.lists(MICROS, min_size=1, max_size=5))
def test_every_instant_comes_back(instants: list[int]) -> None:
    micros = canonical_micros([format_instant(instant) for instant in instants])

    assert micros is not None
    assert micros.tolist() == instants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00.000000Z", 0),
        ("1970-01-02T00:00:00.000001Z", 86_400_000_001),
        ("1971-12-31T23:59:59.000000Z", 63_071_999_000_000),
        (GOOD, 1_709_251_199_999_999),
    ],
)
def test_instants_worked_out_by_hand(text: str, expected: int) -> None:
    micros = canonical_micros([GOOD, text])

    assert micros is not None
    assert micros.tolist() == [1_709_251_199_999_999, expected]


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29T00:00:00.000000Z",
        "2024-04-31T00:00:00.000000Z",
        "2024-00-01T00:00:00.000000Z",
        "2024-13-01T00:00:00.000000Z",
        "2024-01-00T00:00:00.000000Z",
        "2024-01-01T24:00:00.000000Z",
        "2024-01-01T00:60:00.000000Z",
        "2024-01-01T00:00:60.000000Z",
        "1969-12-31T23:59:59.999999Z",
        "2024-01-01 00:00:00.000000Z",
        "2024-01-01T00:00:00.00000Z",
        "2024-01-01T00:00:00.0000000Z",
        "2024-01-01T00:00:00.000000z",
        "2024/01-01T00:00:00.000000Z",
        "2024-01-01T00:00:00,000000Z",
        "202:-01-01T00:00:00.000000Z",
        "2024-01-01T00:00:00.00000/Z",
        "٢٠٢٤-01-01T00:00:00.000000Z",
        "",
    ],
)
def test_column_with_anything_else_is_left_to_others(text: str) -> None:
    assert canonical_micros([GOOD, text, GOOD]) is None


def test_no_times_are_no_column() -> None:
    assert canonical_micros([]) is None


TEXTS = st.text("0123456789-T:.Z ", min_size=26, max_size=28)
NEAR = st.builds(
    lambda at, by: GOOD[:at] + by + GOOD[at + 1 :], st.integers(0, 26), st.sampled_from("0123456789-T:.Z/")
)


@given(st.one_of(TEXTS, NEAR))
def test_whatever_is_read_is_read_as_one_by_one(text: str) -> None:
    micros = canonical_micros([text])

    if micros is not None:
        assert micros.tolist() == [parse_time(text)]

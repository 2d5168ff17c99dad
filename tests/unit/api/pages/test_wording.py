"""Numbers and times as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.wording import business_time, count, duration, minute_of, moment, percent, size

NOON = minute_of("2024-03-10T12:00:00Z")


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "Sun 10 Mar 2024, 12:00 UTC"),
        ("America/Chicago", "Sun 10 Mar 2024, 07:00 CDT"),
        ("Asia/Kathmandu", "Sun 10 Mar 2024, 17:45 UTC+05:45"),
        ("America/Sao_Paulo", "Sun 10 Mar 2024, 09:00 UTC-03"),
    ],
)
def test_a_time_says_its_zone(zone: str, text: str) -> None:
    found = moment(NOON, zone)

    assert found.text == text
    assert found.iso == "2024-03-10T12:00:00Z"
    assert found.short == text.replace(" 2024", "")


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (1501, "1 d 1 h"), (1441, "1 d 1 min")]
)
def test_a_duration_has_its_two_greatest_units(minutes: int, text: str) -> None:
    assert duration(minutes) == text


@pytest.mark.parametrize(("minutes", "text"), [(0, "0 min"), (60, "1 h"), (1804, "30 h 4 min"), (60000, "1,000 h")])
def test_business_time_is_never_in_days(minutes: int, text: str) -> None:
    assert business_time(minutes) == text


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_all_or_nothing_only_where_that_is_exact(up: int, down: int) -> None:
    text = percent(up, down)

    assert (text == "100 %") == (up > 0 and down == 0)
    assert (text == "0 %") == (up == 0 and down > 0)
    if up + down and text not in {"100 %", "0 %"}:
        assert abs(float(text.removesuffix(" %")) - 100 * up / (up + down)) <= 0.1


def test_no_known_minute_is_no_share() -> None:
    assert percent(0, 0) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1 byte"), (1023, "1,023 bytes"), (1024, "1.0 KiB"), (5 << 20, "5.0 MiB"), (3 << 30, "3.0 GiB")],
)
def test_a_size_has_the_unit_that_fits(number: int, text: str) -> None:
    assert size(number) == text


def test_one_of_something_is_not_many() -> None:
    assert (count(1, "store"), count(14000, "store")) == ("1 store", "14,000 stores")

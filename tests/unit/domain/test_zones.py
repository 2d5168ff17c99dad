"""Zones by name, and their offsets minute by minute."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.zones import OffsetPeriod, load_zone, offset_periods, parse_zone, zone_names


def minute(*of: int) -> int:
    return int(datetime(*of, tzinfo=UTC).timestamp()) // 60  # type: ignore[arg-type, misc]


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def host_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each of two zones as the host's own."""
    with monkeypatch.context() as environment:
        environment.setenv("TZ", request.param)
        time.tzset()
        offset_periods.cache_clear()
        yield request.param
    time.tzset()


@pytest.mark.parametrize("name", ["UTC", "America/Chicago", "Asia/Kathmandu", "Etc/GMT+12"])
def test_zone_is_its_name_within_spaces(name: str) -> None:
    assert parse_zone(f"  {name} ") == name
    assert name in zone_names()
    assert load_zone(name).key == name


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("", Reason.MISSING_VALUE, "zone ''"),
        ("  ", Reason.MISSING_VALUE, "zone '  '"),
        (" " * 70, Reason.MISSING_VALUE, f"zone '{' ' * 64}'"),
        ("Mars/Olympus", Reason.UNKNOWN_ZONE, "'Mars/Olympus'"),
        ("asia/tokyo", Reason.UNKNOWN_ZONE, "'asia/tokyo'"),
        ("\tUTC", Reason.UNKNOWN_ZONE, "'\\tUTC'"),
        ("\u00a0UTC", Reason.UNKNOWN_ZONE, "'\\xa0UTC'"),
        ("XUTC", Reason.UNKNOWN_ZONE, "'XUTC'"),
        ("z" * 70, Reason.UNKNOWN_ZONE, f"'{'z' * 64}'"),
    ],
)
def test_refusal_of_a_zone_says_what_was_found(text: str, reason: Reason, detail: str) -> None:
    assert parse_zone(text) == Rejected(reason, detail)


def test_offsets_change_in_the_minute_that_the_zone_changes_them(host_zone: str) -> None:
    spring = minute(2023, 3, 12, 8)  # 02:00 in Chicago
    first, end = spring - 1000, spring + 1000

    periods = offset_periods("America/Chicago", first, end)

    assert periods == (OffsetPeriod(first, spring, -360), OffsetPeriod(spring, end, -300)), host_zone


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 1), (1, 0), (361, 359)])
def test_range_may_begin_or_end_at_a_change(before: int, after: int) -> None:
    autumn = minute(2023, 11, 5, 7)  # 02:00 in Chicago, 01:00 once more
    first, end = autumn - before, autumn + after
    expected = (OffsetPeriod(first, autumn, -300), OffsetPeriod(autumn, end, -360))

    assert offset_periods("America/Chicago", first, end) == tuple(of for of in expected if of.start < of.end)


def test_year_of_a_zone_has_three_periods() -> None:
    first, end = minute(2023, 1, 1), minute(2024, 1, 1)
    spring, autumn = minute(2023, 3, 26, 1), minute(2023, 10, 29, 1)

    assert offset_periods("Europe/London", first, end) == (
        OffsetPeriod(first, spring, 0),
        OffsetPeriod(spring, autumn, 60),
        OffsetPeriod(autumn, end, 0),
    )


def test_seconds_of_local_mean_time_are_floored() -> None:
    first = minute(1971, 12, 31)

    # Monrovia's clocks ran 44 minutes and 30 seconds behind UTC until 1972-01-07T00:44:30Z.
    assert offset_periods("Africa/Monrovia", first, first + 60) == (OffsetPeriod(first, first + 60, -45),)

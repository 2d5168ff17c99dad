"""Windows and midnights in local time, worked out by hand."""

from datetime import UTC, datetime

import numpy as np
import pytest

from stream_app.domain.policy import WindowKind
from stream_app.domain.store_state import RetainedRange
from stream_app.domain.windows import (
    Window,
    begin_of,
    earliest_as_of,
    floor_to_minute,
    local_midnight,
    local_windows,
    rolling,
    windows_of,
)


def minute(*of: int) -> int:
    return int(datetime(*of, tzinfo=UTC).timestamp()) // 60  # type: ignore[arg-type, misc]


def day(*of: int) -> int:
    return minute(*of) // 1440


@pytest.mark.parametrize(
    ("zone", "as_of", "hour", "midnights", "mondays"),
    [
        (
            "UTC",
            (2023, 1, 25, 12, 0),
            ((2023, 1, 25, 11), (2023, 1, 25, 12)),
            ((2023, 1, 24), (2023, 1, 25)),
            ((2023, 1, 16), (2023, 1, 23)),
        ),
        (  # a Sunday that loses an hour: 02:00 to 03:00 is skipped
            "America/New_York",
            (2023, 3, 12, 7, 30),
            ((2023, 3, 12, 6), (2023, 3, 12, 7)),
            ((2023, 3, 11, 5), (2023, 3, 12, 5)),
            ((2023, 2, 27, 5), (2023, 3, 6, 5)),
        ),
        (  # a minute before it does
            "America/New_York",
            (2023, 3, 12, 6, 59),
            ((2023, 3, 12, 5), (2023, 3, 12, 6)),
            ((2023, 3, 11, 5), (2023, 3, 12, 5)),
            ((2023, 2, 27, 5), (2023, 3, 6, 5)),
        ),
        (  # a Sunday that gains one: 01:00 to 02:00 happens twice
            "America/New_York",
            (2023, 11, 5, 7, 30),
            ((2023, 11, 5, 5), (2023, 11, 5, 7)),
            ((2023, 11, 4, 4), (2023, 11, 5, 4)),
            ((2023, 10, 23, 4), (2023, 10, 30, 4)),
        ),
        (  # the Monday after it: a day of 25 hours
            "America/New_York",
            (2023, 11, 6, 5, 0),
            ((2023, 11, 6, 4), (2023, 11, 6, 5)),
            ((2023, 11, 5, 4), (2023, 11, 6, 5)),
            ((2023, 10, 30, 4), (2023, 11, 6, 5)),
        ),
        (  # Apia had no 30th: on the 31st the last full day is the 29th
            "Pacific/Apia",
            (2011, 12, 30, 12, 0),
            ((2011, 12, 30, 11), (2011, 12, 30, 12)),
            ((2011, 12, 29, 10), (2011, 12, 30, 10)),
            ((2011, 12, 19, 10), (2011, 12, 26, 10)),
        ),
        (
            "Asia/Kathmandu",
            (2023, 1, 25, 12, 14),
            ((2023, 1, 25, 10, 15), (2023, 1, 25, 11, 15)),
            ((2023, 1, 23, 18, 15), (2023, 1, 24, 18, 15)),
            ((2023, 1, 15, 18, 15), (2023, 1, 22, 18, 15)),
        ),
    ],
)
def test_last_full_hour_day_and_week_of_a_zone(
    zone: str, as_of: tuple[int, ...], hour: object, midnights: object, mondays: object
) -> None:
    local_windows.cache_clear()

    windows = local_windows(zone, minute(*as_of))

    expected = [tuple(minute(*edge) for edge in edges) for edges in (hour, midnights, mondays)]  # type: ignore[attr-defined]
    assert [tuple(window) for window in windows] == expected


@pytest.mark.parametrize(
    ("zone", "date", "begins"),
    [
        ("UTC", (2023, 1, 25), (2023, 1, 25)),
        ("America/New_York", (2023, 3, 12), (2023, 3, 12, 5)),
        ("America/New_York", (2023, 3, 13), (2023, 3, 13, 4)),
        ("Pacific/Kiritimati", (2023, 1, 25), (2023, 1, 24, 10)),
        ("Pacific/Apia", (2011, 12, 30), (2011, 12, 30, 10)),
        ("Pacific/Apia", (2011, 12, 31), (2011, 12, 30, 10)),
        ("Asia/Beirut", (2024, 3, 31), (2024, 3, 30, 22)),  # the clock goes from 24:00 to 01:00
    ],
)
def test_local_date_begins_at_its_first_minute(zone: str, date: tuple[int, ...], begins: tuple[int, ...]) -> None:
    assert local_midnight(zone, day(*date)) == minute(*begins)


def test_windows_of_the_calendar_are_those_of_each_stores_zone() -> None:
    t = minute(2023, 1, 25, 12, 14)
    kathmandu, utc = local_windows("Asia/Kathmandu", t), local_windows("UTC", t)

    windows = windows_of(WindowKind.CALENDAR, t, ["Asia/Kathmandu", "UTC", "Asia/Kathmandu"])

    for window, of_kathmandu, of_utc in zip(windows, kathmandu, utc, strict=True):
        assert np.array(window).T.tolist() == [list(of_kathmandu), list(of_utc), list(of_kathmandu)]


def test_rolling_windows_are_the_same_in_any_zone() -> None:
    t = minute(2023, 1, 25, 12, 14)

    assert windows_of(WindowKind.ROLLING, t, ["Asia/Kathmandu"]) == rolling(t)


def test_windows_of_stores_begin_with_the_first_and_those_of_no_stores_never() -> None:
    t = minute(2023, 1, 25, 12)
    of_two, of_none = (windows_of(WindowKind.CALENDAR, t, zones) for zones in (["Asia/Tokyo", "UTC"], []))

    assert begin_of(of_two) == minute(2023, 1, 15, 15)  # the Monday before last begins in Tokyo
    assert begin_of(of_none) == 2**63 - 1


def test_rolling_windows_end_at_t() -> None:
    t = minute(2023, 1, 25, 12)

    assert rolling(t) == (Window(t - 60, t), Window(t - 1440, t), Window(t - 10_080, t))
    assert begin_of(rolling(t)) == t - 10_080
    assert earliest_as_of(RetainedRange(1000, 9000)) == 1000 + 10_080
    assert floor_to_minute(59_999_999) == 0
    assert floor_to_minute(60_000_000) == 1

"""Minutes by the hour of the stores' own weeks."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from stream_app.domain.hour_of_week import by_hour_of_week
from stream_app.domain.runs import AXIS, Runs
from stream_app.domain.zones import load_zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("begin", [datetime(2023, 1, 25, 7, 13, tzinfo=UTC), datetime(2023, 11, 5, tzinfo=UTC)])
def test_every_minute_counts_for_the_hour_that_its_stores_clock_shows(begin: datetime) -> None:
    first = (begin - EPOCH) // timedelta(minutes=1)
    zones = ["America/Chicago", "Asia/Kathmandu", "UTC"]
    zone_of_row = np.array([1, 0, 0, 2], np.uint16)
    chosen = [(0, first - 500, first + 300), (1, first + 17, first + 400), (2, first, first + 9000), (3, 0, first + 5)]
    expected = np.zeros(168, np.int64)
    for row, start, end in chosen:
        zone = load_zone(zones[zone_of_row[row]])
        for minute in range(max(start, first), min(end, first + 1440)):
            clock = (EPOCH + timedelta(minutes=minute)).astimezone(zone)
            expected[clock.weekday() * 24 + clock.hour] += 1
    start, end = np.array([(row * AXIS + start, row * AXIS + end) for row, start, end in chosen]).T

    found = by_hour_of_week(Runs(start, end), zones, zone_of_row, first, first + 1440)

    assert found.tolist() == expected.tolist()


def test_no_store_has_no_minutes() -> None:
    nothing = Runs(np.empty(0, np.int64), np.empty(0, np.int64))

    assert by_hour_of_week(nothing, [], np.empty(0, np.uint16), 0, 1440).sum() == 0

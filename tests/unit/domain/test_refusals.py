"""Where a store's hours and zone come from."""

import pytest

from stream_app.domain.refusals import NOTHING_REFUSED, Origin, Refusals, hours_origin, zone_origin
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar, WeeklyHours

HOURS = (WeeklyHours(0, 540, 1020),)


@pytest.mark.parametrize(
    ("calendar", "refusals", "hours", "zone"),
    [
        (DEFAULT_CALENDAR, NOTHING_REFUSED, Origin.ASSUMED, Origin.ASSUMED),
        (DEFAULT_CALENDAR, Refusals(hours=7), Origin.REFUSED, Origin.ASSUMED),
        (DEFAULT_CALENDAR, Refusals(zones=1), Origin.ASSUMED, Origin.REFUSED),
        (DEFAULT_CALENDAR, Refusals(message=True), Origin.REFUSED, Origin.REFUSED),
        (StoreCalendar("America/Chicago"), NOTHING_REFUSED, Origin.ASSUMED, Origin.GIVEN),
        (StoreCalendar(hours=HOURS, assumes_zone=True), NOTHING_REFUSED, Origin.GIVEN, Origin.ASSUMED),
        (StoreCalendar("UTC", HOURS), Refusals(hours=1, zones=1, message=True), Origin.GIVEN, Origin.GIVEN),
    ],
)
def test_origin_is_given_where_a_valid_part_is_left(
    calendar: StoreCalendar, refusals: Refusals, hours: Origin, zone: Origin
) -> None:
    version = calendar.version_at(0)

    assert (hours_origin(version, refusals), zone_origin(version, refusals)) == (hours, zone)

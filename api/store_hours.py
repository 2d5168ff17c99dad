"""A store's calendar as an answer."""

from collections.abc import Iterable

from api.as_of import format_minute
from api.store_schemas import (
    CalendarPart,
    HoursException,
    HoursVersion,
    OpeningHours,
    PlannedMaintenance,
    RefusedCalendar,
    StoreHours,
    WeeklyOpening,
)
from stream_app.domain.instant import format_instant
from stream_app.domain.refusals import Origin, Refusals, hours_origin, zone_origin
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours, clock
from stream_app.domain.windows import floor_to_minute


def store_hours(store_id: str, calendar: StoreCalendar, refusals: Refusals, as_of: int) -> StoreHours:
    """The calendar, with what is in force at `as_of` (microseconds), and where that comes from."""
    minute = floor_to_minute(as_of)
    in_force = calendar.version_at(minute)
    origins: dict[CalendarPart, Origin] = {
        "hours": hours_origin(in_force, refusals),
        "zone": zone_origin(in_force, refusals),
    }
    return StoreHours(
        store_id=store_id,
        as_of=format_instant(as_of),
        zone=in_force.zone,
        hours=_weekly(in_force.hours),
        given=[part for part, origin in origins.items() if origin is Origin.GIVEN],
        assumed=[part for part, origin in origins.items() if origin is not Origin.GIVEN],
        refused=RefusedCalendar(hours=refusals.hours, zones=refusals.zones, message=refusals.message),
        versions=_versions(calendar, minute),
        exceptions=[
            HoursException(
                date=dated.date.isoformat(),
                hours=[OpeningHours(start=clock(start), end=clock(end)) for start, end in dated.hours],
            )
            for dated in calendar.exceptions
        ],
        maintenance=[
            PlannedMaintenance(start=format_minute(planned.start), end=format_minute(planned.end))
            for planned in calendar.maintenance
        ],
    )


def _versions(calendar: StoreCalendar, minute: int) -> list[HoursVersion]:
    first = HoursVersion(effective_from=None, timezone=calendar.zone, hours=_weekly(calendar.hours), is_in_force=False)
    later = [
        HoursVersion(
            effective_from=format_minute(version.effective_from),
            timezone=version.zone,
            hours=_weekly(version.hours),
            is_in_force=False,
        )
        for version in calendar.later_versions
    ]
    versions = [first, *later]
    at = sum(version.effective_from <= minute for version in calendar.later_versions)
    versions[at].is_in_force = True
    return versions


def _weekly(hours: Iterable[WeeklyHours]) -> list[WeeklyOpening]:
    return [WeeklyOpening(day=day, start=clock(start), end=clock(end)) for day, start, end in hours]

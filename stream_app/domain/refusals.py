"""What was refused of a store's calendar, so that nobody takes a default for what was given."""

from enum import StrEnum
from typing import NamedTuple

from stream_app.domain.store_calendar import VersionInForce


class Refusals(NamedTuple):
    """What was refused of one store's calendar since the last valid one; it explains defaults and changes no minute.

    `hours` and `zones` count rows of files; `message` tells that the newest calendar message was refused whole.
    """

    hours: int = 0
    zones: int = 0
    message: bool = False


NOTHING_REFUSED = Refusals()


class Origin(StrEnum):
    """Where a store's hours or its zone come from; of those that are refused, nothing valid is left."""

    GIVEN = "given"
    ASSUMED = "assumed"
    REFUSED = "refused"


def hours_origin(version: VersionInForce, refusals: Refusals) -> Origin:
    """Where the hours in force come from: without any the store counts as open 24x7."""
    return _origin(is_given=bool(version.hours), is_refused=refusals.message or refusals.hours > 0)


def zone_origin(version: VersionInForce, refusals: Refusals) -> Origin:
    """Where the zone in force comes from: without one it is America/Chicago."""
    return _origin(is_given=not version.assumes_zone, is_refused=refusals.message or refusals.zones > 0)


def _origin(*, is_given: bool, is_refused: bool) -> Origin:
    if is_given:
        return Origin.GIVEN
    return Origin.REFUSED if is_refused else Origin.ASSUMED

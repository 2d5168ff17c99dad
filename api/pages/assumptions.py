"""What a store's calendar assumes, and what was refused of it, in sentences."""

from collections.abc import Iterator

from api.pages.wording import count
from api.store_schemas import StoreHours

_ALWAYS_OPEN = "the store counts as open around the clock"
_CHICAGO = "America/Chicago is assumed"


def assumptions(calendar: StoreHours) -> list[str]:
    """A sentence for each thing that was not given, or not in a form that could be read; none for a whole calendar."""
    return [*_of_hours(calendar), *_of_zone(calendar), *_of_message(calendar)]


def _of_hours(calendar: StoreHours) -> Iterator[str]:
    rows = calendar.refused.hours
    if "hours" in calendar.given:
        if rows:
            yield f"{count(rows, 'row')} of hours could not be read and {_is(rows)} missing here."
    elif rows:
        yield f"None of the {count(rows, 'row')} of hours that were given could be read, so {_ALWAYS_OPEN}."
    elif not calendar.refused.message:
        yield f"No hours were given, so {_ALWAYS_OPEN}."


def _of_zone(calendar: StoreHours) -> Iterator[str]:
    rows = calendar.refused.zones
    if "zone" in calendar.given:
        if rows:
            yield f"{count(rows, 'row')} of time zones could not be read; the last valid one holds."
    elif rows:
        yield f"The time zone that was given could not be read, so {_CHICAGO}."
    elif not calendar.refused.message:
        yield f"No time zone was given, so {_CHICAGO}."


def _of_message(calendar: StoreHours) -> Iterator[str]:
    if calendar.refused.message:
        yield "The newest calendar that was sent was refused as a whole, so what was known before it holds."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"

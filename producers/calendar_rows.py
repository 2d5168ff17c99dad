"""Calendars out of the rows of the hours and zones files, gathered store by store."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from producers.input_table import InputTable
from producers.rejected_rows import RejectedRow, rejected_rows
from stream_app.domain.refusals import Refusals
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours, parse_hours
from stream_app.domain.store_id import are_plain, parse_store_id
from stream_app.domain.zones import DEFAULT_ZONE, parse_zone

_parse_hours = lru_cache(maxsize=65_536)(parse_hours)  # files hold few different hours, many times each


@dataclass(frozen=True, slots=True)
class CalendarRows:
    """What became of some rows: how many there were, which were refused, and how far into the file the reading is."""

    count: int
    rejected: list[RejectedRow]
    bytes_read: int


class GatheredCalendars:
    """The calendars read so far: rows of hours add up, of several zones of a store the last valid one counts."""

    def __init__(self) -> None:
        self._hours: dict[str, list[WeeklyHours]] = {}
        self._zones: dict[str, str] = {}
        self._refused_hours: Counter[str] = Counter()
        self._refused_zones: Counter[str] = Counter()

    def read_hours(self, table: InputTable) -> Iterator[CalendarRows]:
        """Take in the rows of an hours file, chunk by chunk."""
        return _read(table, self._add_hours, self._refused_hours)

    def read_zones(self, table: InputTable) -> Iterator[CalendarRows]:
        """Take in the rows of a zones file, chunk by chunk."""
        return _read(table, self._add_zone, self._refused_zones)

    @property
    def stores_with_hours(self) -> Collection[str]:
        """The ids of valid rows of hours, each once."""
        return self._hours.keys()

    @property
    def stores_with_zones(self) -> Collection[str]:
        """The ids of valid rows of zones, each once."""
        return self._zones.keys()

    @property
    def stores_with_refused_hours(self) -> Collection[str]:
        """The ids of refused rows of hours, each once."""
        return self._refused_hours.keys()

    @property
    def stores_with_refused_zones(self) -> Collection[str]:
        """The ids of refused rows of zones, each once."""
        return self._refused_zones.keys()

    def calendars(self) -> Iterator[tuple[str, StoreCalendar]]:
        """Each store that has a valid row of either kind, once, in the order of the first rows."""
        for store_id in self._hours | self._zones:
            hours = tuple(sorted(set(self._hours.get(store_id, ()))))
            zone = self._zones.get(store_id)
            yield store_id, StoreCalendar(zone or DEFAULT_ZONE, hours, assumes_zone=zone is None)

    def refusals(self) -> Iterator[tuple[str, Refusals]]:
        """Each store of which a row was refused, once, also where no row of it was valid."""
        for store_id in self._refused_hours | self._refused_zones:
            yield store_id, Refusals(self._refused_hours[store_id], self._refused_zones[store_id])

    def _add_hours(self, store_id: str, day: str, start: str, end: str) -> Rejected | None:
        hours = _parse_hours(day, start, end)
        if isinstance(hours, Rejected):
            return hours
        self._hours.setdefault(store_id, []).append(hours)
        return None

    def _add_zone(self, store_id: str, name: str) -> Rejected | None:
        zone = parse_zone(name)
        if isinstance(zone, Rejected):
            return zone
        self._zones[store_id] = zone
        return None


def _read(table: InputTable, add: Callable[..., Rejected | None], refused_rows: Counter[str]) -> Iterator[CalendarRows]:
    for chunk in table.chunks():
        ids, *others = chunk.columns
        refused: list[tuple[int, Rejected]] = []
        for row, (store_id, *values) in enumerate(zip(_parsed(ids), *others, strict=True)):
            if isinstance(store_id, Rejected):
                refused.append((row, store_id))
            elif (why := add(store_id, *values)) is not None:
                refused.append((row, why))
                refused_rows[store_id] += 1
        yield CalendarRows(len(ids), rejected_rows(table, chunk, refused), chunk.bytes_read)


def _parsed(ids: Sequence[str]) -> Sequence[str | Rejected]:
    return ids if are_plain(ids) else [parse_store_id(store_id) for store_id in ids]

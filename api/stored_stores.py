"""The stores of a partition as columns, decoded only as far as an answer needs."""

from functools import cached_property, lru_cache

import numpy as np

from api.partition_content import PartitionContent
from stream_app.codec import store_values, table
from stream_app.codec.refusals import decode_refusals
from stream_app.codec.store_values import StoredBuckets
from stream_app.domain import runs, store_state
from stream_app.domain.business_hours import open_runs
from stream_app.domain.fleet import KnownStores, both_buckets
from stream_app.domain.refusals import Refusals, hours_origin, zone_origin
from stream_app.domain.report import CalendarOrigins
from stream_app.domain.runs import Minutes, Runs
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, MINUTES_PER_DAY, StoreCalendar
from stream_app.domain.store_state import Buckets, RetainedRange, StoreStates

_FEW = 64  # a fleet is worked on faster as a whole


class StoredStores:
    """The stores of a partition, or some of them, at one checkpoint.

    Those with a value come first, in the order given, then those that only a calendar tells of.
    """

    def __init__(self, content: PartitionContent) -> None:
        unpolled = sorted(content.calendars.keys() - set(content.ids))
        self.ids = [*content.ids, *unpolled]
        self._values = [*content.values, *[store_values.NO_POLLS_VALUE] * len(unpolled)]
        self._calendars = content.calendars
        self._refusals = content.refusals
        self.retained_from = content.meta.retained_from

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def known(self) -> KnownStores:
        """Their buckets, each over the range it was stored under."""
        stored = self._stored
        if stored.is_derived.all():
            return KnownStores(stored.buckets, stored.end, stored.last)
        return KnownStores(both_buckets(stored.buckets, self._underived()), stored.end, stored.last)

    @cached_property
    def states(self) -> StoreStates:
        """Their polls, under the partition's retained range."""
        first = self.retained_from or 0
        newest_end = int(self._stored.end.max(initial=first))
        return store_values.decode_states(self._values, RetainedRange(first, max(first, newest_end)))

    @cached_property
    def calendars(self) -> list[StoreCalendar]:
        """Each store's calendar, the default one where it has none."""
        return [self.calendar_of(row) for row in range(len(self))]

    def calendar_of(self, row: int) -> StoreCalendar:
        """One store's calendar."""
        value = self._calendars.get(self.ids[row])
        return DEFAULT_CALENDAR if value is None else _decoded_calendar(value)

    def refusals_of(self, row: int) -> Refusals:
        """What was refused of one store's calendar."""
        return decode_refusals(self._refusals.get(self.ids[row]))

    def origins_at(self, minute: int) -> CalendarOrigins:
        """Where each store's calendar at a minute comes from."""
        versions = [calendar.version_at(minute) for calendar in self.calendars]
        refusals = [self.refusals_of(row) for row in range(len(self))]
        return CalendarOrigins(
            list(map(hours_origin, versions, refusals)),
            list(map(zone_origin, versions, refusals)),
            [each.hours + each.zones for each in refusals],
        )

    def zones_at(self, minutes: Minutes | int) -> list[str]:
        """The zone in force for each store at a minute, one for all or one a store."""
        at = np.broadcast_to(minutes, len(self)).tolist()
        return [calendar.zone_at(minute) for calendar, minute in zip(self.calendars, at, strict=True)]

    @cached_property
    def _stored(self) -> StoredBuckets:
        return store_values.decode_buckets(self._values)

    def _underived(self) -> Buckets:
        """The buckets of the stores whose values were written without them."""
        rows = np.flatnonzero(~self._stored.is_derived)
        end = self._stored.end[rows]
        retained = RetainedRange(self.retained_from or 0, int(end.max(initial=self.retained_from or 0)))
        states = store_values.decode_states([self._values[row] for row in rows.tolist()], retained)
        is_open = open_runs([self.calendar_of(row) for row in rows.tolist()], *retained)
        derived = store_state.buckets(store_state.active_runs(states, retained.end), is_open)
        up, down = (runs.clip(side, retained.first, end[side.rows]) for side in (derived.up, derived.down))
        return Buckets(runs.moved(up, rows), runs.moved(down, rows))

    def is_open(self, first: int, end: int) -> Runs:
        """When each store is open, first <= UTC minute < end."""
        return open_runs(self.calendars, first, end)

    def open_days(self, first_day: int, end_day: int) -> Runs:
        """The same over whole UTC days since the epoch; remembered of a few stores, as these are asked for most."""
        if len(self) > _FEW:
            return open_runs(self.calendars, first_day * MINUTES_PER_DAY, end_day * MINUTES_PER_DAY)
        return runs.stacked([_open_days(calendar, first_day, end_day) for calendar in self.calendars])


@lru_cache(maxsize=1 << 16)
def _decoded_calendar(value: bytes) -> StoreCalendar:
    """Stores share calendars, and the next report finds the same ones."""
    return table.decode_calendar(value)


@lru_cache(maxsize=1 << 14)
def _open_days(calendar: StoreCalendar, first_day: int, end_day: int) -> Runs:
    return open_runs([calendar], first_day * MINUTES_PER_DAY, end_day * MINUTES_PER_DAY)

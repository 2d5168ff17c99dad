"""When each zone is how far ahead of UTC: what both rivals join their business hours with."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=15)  # clocks are changed at quarters of an hour

Period = tuple[str, datetime, datetime, int]  # zone, start, end (UTC, without a zone of their own), minutes ahead


def offset_periods(zones: Iterable[str], first: datetime, end: datetime) -> list[Period]:
    """The periods of each zone from `first` to `end`, two aware instants at quarters of an hour."""
    return [period for zone in zones for period in _periods(zone, first, end)]


def _periods(zone: str, first: datetime, end: datetime) -> list[Period]:
    info, found, start = ZoneInfo(zone), [], first
    offset, at = _ahead(info, first), first
    while (at := at + STEP) < end:
        if (now := _ahead(info, at)) != offset:
            found.append((zone, start.replace(tzinfo=None), at.replace(tzinfo=None), offset))
            offset, start = now, at
    return [*found, (zone, start.replace(tzinfo=None), end.replace(tzinfo=None), offset)]


def _ahead(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(minutes=1)

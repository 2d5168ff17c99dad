"""IANA zones, from the tzdata package alone, so that the same input gives the same report on every host."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stream_app.domain.rejection import Reason, Rejected

DEFAULT_ZONE = "America/Chicago"

_PROBE_MINUTES = 6 * 60  # no zone has ever changed its offset twice within this time


class OffsetPeriod(NamedTuple):
    """UTC minutes since the epoch, start <= minute < end, in which local time is `offset` minutes ahead of UTC."""

    start: int
    end: int
    offset: int


@cache
def zone_names() -> frozenset[str]:
    """Every name that the tzdata package lists; case matters."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def parse_zone(text: str) -> str | Rejected:
    """The zone's IANA name with the spaces around it stripped, or why there is no such zone."""
    name = text.strip(" ")
    if not name:
        return Rejected(Reason.MISSING_VALUE, f"zone {text[:64]!r}")
    return name if name in zone_names() else Rejected(Reason.UNKNOWN_ZONE, repr(text[:64]))


@cache
def load_zone(name: str) -> ZoneInfo:
    """The zone's rules out of the package; `zoneinfo.ZoneInfo(name)` would prefer the host's copy (PEP 615)."""
    with resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


@lru_cache(maxsize=4096)
def offset_periods(name: str, first_minute: int, end_minute: int) -> tuple[OffsetPeriod, ...]:
    """The zone's offsets over first_minute <= UTC minute < end_minute, without a gap, in order.

    An offset with seconds (local mean times) is floored to the minute, and with it the local minute of a UTC minute.
    """
    zone = load_zone(name)
    probes = [*range(first_minute, end_minute, _PROBE_MINUTES), end_minute]
    changes = [
        _first_minute_after_change(zone, before, after)
        for before, after in pairwise(probes)
        if _offset(zone, before) != _offset(zone, after)
    ]
    edges = [first_minute, *(change for change in changes if change < end_minute), end_minute]
    return tuple(OffsetPeriod(start, end, _offset(zone, start)) for start, end in pairwise(edges))


def _first_minute_after_change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first minute with the offset of `after`, where `before` has another; by halving."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, minute: int) -> int:
    """What the zone's clock reads at a UTC minute, less what a clock in UTC reads."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return (instant.astimezone(zone).replace(tzinfo=UTC) - instant) // timedelta(minutes=1)

"""Numbers and times as people read them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stream_app.domain.windows import floor_to_minute
from stream_app.domain.zones import load_zone

NOTHING = "\N{EN DASH}"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (("d", 24 * 60), ("h", 60), ("min", 1))
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant: as machines read it, in words with its zone, and the same without the year."""

    iso: str
    text: str
    short: str


def moment(minute: int, zone: str = "UTC") -> Moment:
    """A minute since the epoch on the clock of a zone."""
    at = _EPOCH + timedelta(minutes=minute)
    local = at.astimezone(load_zone(zone))
    clock = f"{local:%H:%M} {_abbreviation(local)}"
    iso = at.isoformat().replace("+00:00", "Z")
    return Moment(iso, f"{_day(local)} {local:%Y}, {clock}", f"{_day(local)}, {clock}")


def moment_of(iso: str, zone: str = "UTC") -> Moment:
    """The same of an answer's time."""
    return moment(minute_of(iso), zone)


def minute_of(iso: str) -> int:
    """The minute since the epoch that an answer's time falls in."""
    return floor_to_minute(micros_of(iso))


def micros_of(iso: str) -> int:
    """The microseconds since the epoch of an answer's time."""
    return (datetime.fromisoformat(iso) - _EPOCH) // timedelta(microseconds=1)


def clock_text(minute: int, zone: str) -> str:
    """What the zone's clock shows at a minute since the epoch: HH:MM."""
    return f"{(_EPOCH + timedelta(minutes=minute)).astimezone(load_zone(zone)):%H:%M}"


def day_text(day: int) -> str:
    """A date, given in days since the epoch."""
    return _day(_EPOCH + timedelta(days=day))


def duration(minutes: int) -> str:
    """The two greatest units of a length of time: `2 d 3 h`, `45 min`."""
    parts: list[str] = []
    left = minutes
    for name, size in _UNITS:
        count, left = divmod(left, size)
        if count or (name == "min" and not parts):
            parts.append(f"{count:,} {name}")
    return " ".join(parts[:2])


def business_time(minutes: int) -> str:
    """Minutes of business hours, in hours: a day of them would be none of 24 hours."""
    whole, left = divmod(minutes, 60)
    return f"{whole:,} h {left} min" if whole and left else f"{whole:,} h" if whole else f"{left} min"


def percent(up: int, down: int) -> str:
    """The share of the known minutes; it says 100 % or 0 % only where that is exact."""
    known = up + down
    if not known:
        return NOTHING
    tenths = 1000 * up // known
    if not tenths and up:
        tenths = 1
    return f"{tenths // 10}.{tenths % 10} %" if tenths not in {0, 1000} else f"{tenths // 10} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 store`, `14,000 stores`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def size(number: int) -> str:
    """Bytes in a unit that fits."""
    if number < _KIB:
        return count(number, "byte")
    for unit in ("KiB", "MiB"):
        number_of = number / _KIB ** (1 if unit == "KiB" else 2)
        if number_of < _KIB:
            return f"{number_of:.1f} {unit}"
    return f"{number / _KIB**3:.1f} GiB"


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b}"


def _abbreviation(local: datetime) -> str:
    """CDT, or the offset where the zone has no letters for it."""
    name = local.tzname() or ""
    return f"UTC{name[:3]}:{name[3:]}".removesuffix(":") if name[:1] in {"+", "-"} else name

"""Times and clock times read the slow, obvious way: taken apart piece by piece, each piece known by its shape.

Part of the reference. A shape is a text with each of its digits written as 0.
"""

import re
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = {"0000-00-00", "0000-0-00", "0000-00-0", "0000-0-0", "00000000", "0000-W00-0", "0000W000"}
OFFSETS = {"00", "0000", "00:00", "000000", "00:00:00", "00:0000", "0000:00"}
WITH_SECONDS = {"0:00:00", "00:00:00"}
SHAPES = WITH_SECONDS | {"0:00", "00:00"}
RUN_TOGETHER = {"0000", "000000"}  # only behind a date
DOTTED = {"0.00.00", "00.00.00"}  # only of hours
TO_THE_SECOND = WITH_SECONDS | DOTTED | {"000000"}
FRACTIONS = {"0" * digits for digits in range(1, 10)}
LOOSE = {"0", "00", "0.00", "00.00"}  # only of hours with AM or PM


class Rejected(Exception):  # noqa: N818 - the design's own word
    """A row or message breaks a rule; it counts for nothing at all."""


def parse_timestamp(text: str) -> datetime:
    """Give the moment in UTC; finer than microseconds is cut off."""
    written = text.strip(" ").upper()
    clock = written.lstrip("0123456789-W")
    day = _day(written.removesuffix(clock))
    if not clock.startswith(("T", " ")):
        raise Rejected(text)
    clock, is_utc = _without_utc(clock[1:] if clock[0] == "T" else clock.lstrip(" "))
    clock, offset = _without_offset(clock)
    if is_utc and offset:
        raise Rejected(text)
    written_moment = _since_midnight(clock, SHAPES | RUN_TOGETHER, is_past_midnight=False) - offset
    try:
        moment = datetime.combine(day, datetime.min.time(), tzinfo=UTC) + written_moment
    except OverflowError:  # past the year 9999
        raise Rejected(text) from None
    if moment < EPOCH:
        raise Rejected(text)
    return moment


def parse_clock(text: str) -> timedelta:
    """Give the time since midnight, 24:00 included."""
    written = text.strip(" ").upper()
    shapes = SHAPES | DOTTED | (LOOSE if _without_half(written)[1] else set())
    return _since_midnight(written, shapes, is_past_midnight=True)


def _day(text: str) -> date:
    if _shape(text) not in DAYS:
        raise Rejected(text)
    numbers = [int(number) for number in re.findall("[0-9]+", text)]
    try:
        if "W" in text:
            year, week, weekday = numbers if len(numbers) == 3 else (numbers[0], *divmod(numbers[1], 10))
            return date.fromisocalendar(year, week, weekday)
        year, month, day = numbers if len(numbers) == 3 else (int(text[:4]), int(text[4:6]), int(text[6:]))
        return date(year, month, day)
    except ValueError:  # no such day
        raise Rejected(text) from None


def _without_utc(clock: str) -> tuple[str, bool]:
    for name in ("UTC", "GMT", "Z"):
        if clock.endswith(name):
            return clock.removesuffix(name).rstrip(" "), True
    return clock, False


def _without_offset(clock: str) -> tuple[str, timedelta]:
    at = max(clock.find("+"), clock.find("-"))
    if at < 0:
        return clock, timedelta()
    written = clock[at + 1 :]
    if _shape(written) not in OFFSETS:
        raise Rejected(clock)
    digits = written.replace(":", "").ljust(6, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hours >= 24 or minutes >= 60 or seconds >= 60:
        raise Rejected(clock)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return clock[:at].rstrip(" "), -offset if clock[at] == "-" else offset


def _without_half(clock: str) -> tuple[str, str]:
    """Split off AM or PM, with dots or without."""
    for half in "AP":
        for ending in (f"{half}M", f"{half}M.", f"{half}.M", f"{half}.M."):
            if clock.endswith(ending):
                return clock.removesuffix(ending).rstrip(" "), half
    return clock, ""


def _without_fraction(clock: str, shapes: AbstractSet[str]) -> tuple[str, int]:
    """Split off the microseconds, where seconds stand before them."""
    for mark in ".,":
        head, _, digits = clock.rpartition(mark)
        if _shape(head) in shapes & (WITH_SECONDS | DOTTED | {"000000"}) and _shape(digits) in {
            "0" * n for n in range(1, 10)
        }:
            return head, int(digits[:6].ljust(6, "0"))
    return clock, 0


def _since_midnight(written: str, shapes: AbstractSet[str], *, is_past_midnight: bool) -> timedelta:
    clock, half = _without_half(written)
    clock, microseconds = _without_fraction(clock, shapes)
    if _shape(clock) not in shapes:
        raise Rejected(written)
    pieces = re.findall("[0-9]{2}", clock) if _shape(clock) in RUN_TOGETHER else re.findall("[0-9]+", clock)
    hour, minute, second = (int(piece) for piece in [*pieces, "0", "0"][:3])
    if half:
        if not 1 <= hour <= 12:
            raise Rejected(written)
        hour = hour % 12 + (12 if half == "P" else 0)
    if minute >= 60 or second >= 60 or (hour >= 24 and not is_past_midnight):
        raise Rejected(written)
    since = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microseconds)
    if since > timedelta(hours=24):
        raise Rejected(written)
    return since


def _shape(text: str) -> str:
    return re.sub("[0-9]", "0", text)

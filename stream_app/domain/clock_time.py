"""Clock times: how the local starts and ends of business hours are read.

Read is what has one meaning: with or without seconds, of one digit or two, of 12 hours or 24, with dots where a number
with a fraction can't be meant. Whatever leaves a choice is refused, and the refusal says what could be meant.
"""

import re

MICROS_PER_DAY = 86_400_000_000

_FLAGS = re.IGNORECASE | re.ASCII
_HALF = r" *(?P<half>[ap])\.?m\.?"
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:(?P<mark>[:.])(?P<minute>[0-9]{2})(?:(?P=mark)(?P<second>[0-9]{2})"
    rf"(?:[.,](?P<fraction>[0-9]{{1,9}}))?)?)?(?:{_HALF})?",
    _FLAGS,
)
_HINT = "write 09:00, 09:00:00 or 9:00 AM"
CLOSED_DAY = (
    "a closed day has no row where the store has one for another day; a calendar message can also close one date"
)
_WHY = (
    (r"[0-9]{1,2}[.,][0-9]{1,2}", "could be a time or a number of hours with a fraction: write 09:30"),
    (r"[0-9]*[.,][0-9]+", "could be a part of a day or a number of hours: write 09:30"),
    (r"[0-9]+", "could be hours, minutes or a time run together: write 09:00"),
    (r"[0-9]{1,2}(?:[:.][0-9]{2}){0,2} *[ap]\.?m\.?", "is on no clock of 12 hours: AM and PM go with 1:00 to 12:59"),
    (r"[0-9]{1,2}(?::[0-9]{2}){1,2}(?:[.,][0-9]+)? *(?:Z|UTC|[+-].+)", "has an offset, but hours are the store's own"),
    (r"(?:2[4-9]|[3-9][0-9])[:.].*", "lies past 24:00, the end of a day: an end that is past midnight is as 01:30"),
    (r"(?:closed?|off|none|null|nan|n/a|-+)", CLOSED_DAY),
)
_SEEN = [(re.compile(form, _FLAGS), words) for form, words in _WHY]


def hour_of_day(hour: int, half: str | None) -> int | None:
    """The hour from midnight of one on a clock of 12 hours, `half` being a or p; None where no such clock shows it."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock's
        return None
    return hour % 12 + (12 if half in "pP" else 0)


def parse_clock(text: str) -> int | None:
    """Microseconds from midnight, 24:00 included; None where the text has no meaning or more than one.

    Digits finer than a microsecond are cut off.
    """
    found = _CLOCK.fullmatch(text.strip(" "))
    if found is None or not _has_one_meaning(found):
        return None
    hour = hour_of_day(int(found["hour"]), found["half"])
    minute, second = int(found["minute"] or 0), int(found["second"] or 0)
    if hour is None or minute > 59 or second > 59:  # noqa: PLR2004 - a clock's
        return None
    micros = (hour * 3600 + minute * 60 + second) * 1_000_000 + int((found["fraction"] or "0").ljust(6, "0")[:6])
    return micros if micros <= MICROS_PER_DAY else None


def why_unreadable(text: str) -> str:
    """What keeps a clock time from being read, and a form that works."""
    stripped = text.strip(" ")
    found = next((words for form, words in _SEEN if form.fullmatch(stripped)), f"is no time of day: {_HINT}")
    return f"{text[:32]!r} {found}"


def _has_one_meaning(found: re.Match[str]) -> bool:
    """Neither a bare number nor one with a fraction, unless AM or PM makes it a time."""
    return found["half"] is not None or found["mark"] == ":" or found["second"] is not None

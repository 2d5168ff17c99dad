"""Instants: the one reader of times for polls, calendars, `as_of` and the command line.

Read is what has one meaning, whoever wrote it: ISO 8601 and the forms that databases and languages print. Whatever
leaves a choice (which number is the month, which unit a number has, which offset a zone's name stands for) is refused.
"""

import re
from datetime import UTC, date, datetime, timedelta

from stream_app.domain.clock_time import hour_of_day
from stream_app.domain.rejection import Reason, Rejected

MICROS_PER_SECOND = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_END_OF_TIME = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_FLAGS = re.IGNORECASE | re.ASCII
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{8}|[0-9]{4}-W[0-9]{2}-[0-9]|[0-9]{4}W[0-9]{3}"
_CLOCK = (
    r"(?P<hour>[0-9]{2}|[0-9](?=:))(?P<colon>:)?(?P<minute>[0-9]{2})"
    r"(?:(?(colon):)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?: *(?P<half>[ap])\.?m\.?)?"
)
_OFFSET = r"(?P<sign>[+-])(?P<offset>[0-9]{2}(?::?[0-9]{2}){0,2})"
_TIME = re.compile(rf"(?P<date>{_DATE})(?:T| +){_CLOCK}(?: *{_OFFSET})?(?P<utc> *(?:UTC|GMT|Z))?", _FLAGS)
_WHY = (
    (rf"{_DATE}", "a date without a time of day"),
    (r"[+-]?[0-9]+(?:\.[0-9]+)?", "digits alone could be seconds, milliseconds or a date run together"),
    (r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}\b.*", "the day or the month could stand first"),
    (r"[0-9]{4}([/.])[0-9]{1,2}\1[0-9]{1,2}\b.*", "year, month and day are joined by - alone"),
    (rf"(?:{_DATE})(?:T| +).*[+-][0-9:]+ *(?:UTC|GMT|Z)", "it has two offsets that differ"),
    (rf"(?:{_DATE})(?:T| +)[0-9:.,]+ *(?:UTC|GMT)[+-].*", "the sign behind UTC or GMT is read both ways"),
    (rf"(?:{_DATE})(?:T| +)[0-9:.,]+ *[ap]\.?m\.?.*", "AM and PM go with 1:00 to 12:59"),
    (rf"(?:{_DATE})(?:T| +)[0-9:.,]+ *\[?[a-z][a-z_/+-]+[0-9]*\]?", "a zone's name has no one offset"),
)
_SEEN = [*((re.compile(form, _FLAGS), words) for form, words in _WHY), (_TIME, "no calendar or clock shows it")]


def parse_time(text: str) -> int | Rejected:
    """Microseconds since the epoch; without an offset it is UTC.

    Digits finer than a microsecond are cut off, never rounded. docs/rules.md has a table of the forms.
    """
    stripped = text.strip(" ")
    found = _TIME.fullmatch(stripped)
    if found is None:
        return _unreadable(text)
    day, second = _day(found["date"]), _second_of_day(found)
    offset = 0 if found["sign"] is None else _offset_seconds(found["offset"])
    if day is None or second is None or offset is None or (found["utc"] and offset):
        return _unreadable(text)
    since_epoch = day * 86_400 + second + (offset if found["sign"] == "-" else -offset)
    micros = since_epoch * MICROS_PER_SECOND + int((found["fraction"] or "0").ljust(6, "0")[:6])
    if not 0 <= micros <= _END_OF_TIME:
        return Rejected(Reason.TIME_OUT_OF_RANGE, repr(text[:64]))
    return micros


def parse_time_or_date(text: str) -> int | Rejected:
    """The same of what a person asks for, where a date alone is its midnight."""
    return parse_time(f"{text.strip(' ')}T00:00" if is_date(text) else text)


def format_instant(micros: int) -> str:
    """Microseconds since the epoch as ISO 8601 in UTC, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_date(text: str) -> bool:
    """Whether the text is spelled as a date that a time of day could follow."""
    return re.fullmatch(_DATE, text.strip(" "), _FLAGS) is not None


def _day(text: str) -> int | None:
    """Days since the epoch; None for a day that doesn't exist."""
    if "-" in text and len(text) < len("2023-01-25"):
        year, month, day = text.split("-")
        text = f"{year}-{month:0>2}-{day:0>2}"
    try:
        return date.fromisoformat(text.upper()).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


def _second_of_day(found: re.Match[str]) -> int | None:
    """Seconds since midnight; None for a time that no clock shows."""
    hour = hour_of_day(int(found["hour"]), found["half"])
    minute, second = int(found["minute"]), int(found["second"] or 0)
    if hour is None or hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock's
        return None
    return hour * 3600 + minute * 60 + second


def _offset_seconds(text: str) -> int | None:
    """Of HH, HHMM or HHMMSS, with colons or without; None for a day or more."""
    digits = text.replace(":", "").ljust(6, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hours > 23 or minutes > 59 or seconds > 59:  # noqa: PLR2004 - a clock's
        return None
    return hours * 3600 + minutes * 60 + seconds


def _unreadable(text: str) -> Rejected:
    stripped = text.strip(" ")
    why = next((f", {words}" for form, words in _SEEN if form.fullmatch(stripped)), "")
    return Rejected(Reason.UNREADABLE_TIME, f"{text[:64]!r}{why}")

"""Times in the one spelling of our own records, `2023-01-22T12:09:39.388884Z`, read a whole column at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SPELLING = b"0000-00-00T00:00:00.000000Z"
_LENGTH = len(_SPELLING)
_MARKS = np.array([place for place, byte in enumerate(_SPELLING) if byte != ord("0")])
_DIGITS = np.array([place for place, byte in enumerate(_SPELLING) if byte == ord("0")])
_MARK_BYTES = np.frombuffer(_SPELLING, np.uint8)[_MARKS, None]
_FIRST_YEAR = 1970
_CLOCK = (24, 60, 60)  # hours, minutes and seconds are less than these


def canonical_micros(times: Sequence[str]) -> NDArray[np.int64] | None:
    """Microseconds since the epoch, one a time; None where any of them isn't a time in this spelling from 1970 on."""
    if set(map(len, times)) != {_LENGTH} or not (text := "".join(times)).isascii():
        return None
    places = np.ascontiguousarray(np.frombuffer(text.encode(), np.uint8).reshape(len(times), _LENGTH).T)
    digits = places[_DIGITS] - np.uint8(ord("0"))  # anything below "0" wraps around to above 9
    if (places[_MARKS] != _MARK_BYTES).any() or digits.max() > 9:  # noqa: PLR2004 - the greatest digit
        return None
    year, month, day = _number(digits[0:4]), _number(digits[4:6]), _number(digits[6:8])
    clock = [_number(digits[at : at + 2]) for at in (8, 10, 12)]
    if year.min() < _FIRST_YEAR or any((part >= limit).any() for part, limit in zip(clock, _CLOCK, strict=True)):
        return None
    if month.min() < 1 or month.max() > 12:  # noqa: PLR2004 - months of a year
        return None
    months = (year - _FIRST_YEAR) * 12 + month - 1
    first_day, next_first_day = _first_days(months), _first_days(months + 1)
    if day.min() < 1 or (first_day + day > next_first_day).any():
        return None
    hour, minute, second = clock
    seconds = (first_day + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return seconds * 1_000_000 + _number(digits[14:20])


def _number(places: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Numbers by their decimal digits, the first place of all of them first."""
    number: NDArray[np.int64] = places[0].astype(np.int64)
    for digits in places[1:]:
        number *= 10
        number += digits
    return number


def _first_days(months: NDArray[np.int64]) -> NDArray[np.int64]:
    """The day since the epoch that each month since the epoch begins with."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)

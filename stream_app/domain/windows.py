"""The windows of a report, and what of them is retained."""

from typing import NamedTuple

from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.store_calendar import DAYS_PER_WEEK, MINUTES_PER_DAY
from stream_app.domain.store_state import RetainedRange

WEEK_MINUTES = DAYS_PER_WEEK * MINUTES_PER_DAY


class Window(NamedTuple):
    """Minutes since the epoch, first <= minute < end."""

    first: int
    end: int


class Windows(NamedTuple):
    """The last hour, day and week before T."""

    hour: Window
    day: Window
    week: Window


def rolling(as_of_minute: int) -> Windows:
    """[T-60 min, T), [T-24 h, T) and [T-7 d, T)."""
    t = as_of_minute
    return Windows(Window(t - 60, t), Window(t - MINUTES_PER_DAY, t), Window(t - WEEK_MINUTES, t))


def floor_to_minute(micros: int) -> int:
    """The minute since the epoch that an instant in microseconds falls in."""
    return micros // MICROS_PER_MINUTE


def earliest_as_of(retained: RetainedRange) -> int:
    """The first minute T whose windows all begin inside the retained range."""
    return retained.first + WEEK_MINUTES

"""`as_of`, the T of reports and live answers: how a caller spells it, and how far back it may lie.

Instants are microseconds since the epoch everywhere in here, as in the domain.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from stream_app.codec.table import PartitionMeta
from stream_app.domain.instant import parse_time_or_date
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_state import RetainedRange
from stream_app.domain.windows import WEEK_MINUTES, earliest_as_of, floor_to_minute
from stream_app.errors import StoreMonitorError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The week before it begins in 1970, and the day after it in every zone ends before the year 10000.
_EARLIEST = (datetime(1970, 1, 8, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LATEST = (datetime(9999, 12, 29, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


class BadAsOfError(StoreMonitorError):
    """The caller's as_of is not an instant that can be computed with; `why` is what was found, where that is known."""

    def __init__(self, text: str, why: str | None = None) -> None:
        self.text = text
        super().__init__(
            f"as_of {why or repr(text[:64])} is not a time from 1970-01-08 to 9999-12-29, such as 2023-01-25T18:13:00Z "
            "or 2023-01-25 18:13:00 UTC; without an offset it is UTC, and a + in a URL is written %2B"
        )


class AsOfNotRetainedError(StoreMonitorError):
    """Something is asked for that begins where polls are no longer kept."""

    def __init__(self, begin_minute: int, retained_from: int) -> None:
        self.earliest_minute = earliest_as_of(RetainedRange(retained_from, retained_from))
        super().__init__(
            f"this would begin at {format_minute(begin_minute)}, but polls are kept from "
            f"{format_minute(retained_from)} on: "
            f"the first as_of of a report over the last week is {format_minute(self.earliest_minute)}"
        )


def parse_as_of(text: str) -> int:
    """Microseconds since the epoch of a time as polls have it, or of a date's midnight; raises BadAsOfError.

    Without an offset it is UTC.
    """
    micros = parse_time_or_date(text)
    if isinstance(micros, Rejected):
        raise BadAsOfError(text, micros.detail)
    if not _EARLIEST <= micros <= _LATEST:
        raise BadAsOfError(text)
    return micros


def format_minute(minute: int) -> str:
    """ISO 8601 in UTC of a minute since the epoch."""
    return (_EPOCH + timedelta(minutes=minute)).isoformat(timespec="seconds").replace("+00:00", "Z")


def stream_time(metas: Iterable[PartitionMeta]) -> int | None:
    """The greatest poll time taken in over all of the partitions, None where there was no poll."""
    return max((meta.stream_time for meta in metas if meta.stream_time is not None), default=None)


def retained_from(metas: Iterable[PartitionMeta]) -> int | None:
    """The first minute whose polls are kept in every partition, None where no partition has polls."""
    return max((meta.retained_from for meta in metas if meta.retained_from is not None), default=None)


def check_retained(as_of_micros: int, metas: Iterable[PartitionMeta]) -> None:
    """Raise AsOfNotRetainedError where the week before as_of begins before what all of the partitions keep."""
    check_begin(floor_to_minute(as_of_micros) - WEEK_MINUTES, retained_from(metas))


def check_begin(minute: int, retained_from_minute: int | None) -> None:
    """Raise AsOfNotRetainedError where a minute lies before the first one that is kept; None keeps no polls at all."""
    if retained_from_minute is not None and minute < retained_from_minute:
        raise AsOfNotRetainedError(minute, retained_from_minute)

"""What one store says at one instant: its last poll so far, and whether it should be up."""

from dataclasses import dataclass
from enum import StrEnum

from stream_app.domain.business_hours import open_runs
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.domain.store_state import NO_POLL, Observations
from stream_app.domain.windows import floor_to_minute


class Status(StrEnum):
    """Outside business hours a store is `closed`, whatever its polls say; inside, its last poll decides."""

    UP = "up"
    DOWN = "down"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """`last_poll` is an observation, NO_POLL before the store's first poll."""

    status: Status
    is_open: bool
    last_poll: int


def live_status(observations: Observations, calendar: StoreCalendar, as_of_micros: int) -> LiveStatus:
    """The store at `as_of_micros`, not floored: a poll counts for the status from its very microsecond on."""
    minute = floor_to_minute(as_of_micros)
    is_open = len(open_runs([calendar], minute, minute + 1)) > 0
    last = int(observations[observations >> 1 <= as_of_micros].max(initial=NO_POLL))
    is_active = last != NO_POLL and last & 1 == 0
    if not is_open:
        return LiveStatus(Status.CLOSED, is_open, last)
    return LiveStatus(Status.UP if is_active else Status.DOWN, is_open, last)

"""Minutes up, down and unknown under each policy, counted the slow, obvious way. Part of the reference.

T is the minute at which a count is taken. Only polls of the minutes before T exist, whatever the policy.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from tests.reference_calendars import Calendar, clock_reaches, local_clock, open_minutes, version_in_force
from tests.reference_rows import ACTIVE, DAY_MINUTES, INACTIVE, Poll, minute_of

UNKNOWN = "unknown"
POLL_HOUR_MINUTES = 60


class Policy(NamedTuple):
    """How statuses between polls are estimated, and which windows are counted.

    before: inactive, active, backfill or exclude. between: carry_forward, nearest or poll_hours.
    max_gap: minutes a poll is trusted, of carry_forward only. windows: rolling or calendar.
    """

    before: str = "inactive"
    between: str = "carry_forward"
    max_gap: int | None = None
    windows: str = "rolling"


DEFAULT_POLICY = Policy()


class Minutes(NamedTuple):
    """Minutes of one store in one window; up, down and unknown make up the business minutes."""

    up: int
    down: int
    unknown: int
    business: int


def minutes(polls: Iterable[Poll], calendar: Calendar, policy: Policy, as_of: datetime) -> dict[str, Minutes]:
    """Count one store's minutes in each of the policy's windows: last_hour, last_day and last_week."""
    at = minute_of(as_of)
    existing = existing_polls(polls, at)
    return {
        name: minutes_in(window, existing, calendar, policy, at)
        for name, window in windows(calendar, policy, at).items()
    }


def minutes_in(window: range, existing: Mapping[int, str], calendar: Calendar, policy: Policy, at: int) -> Minutes:
    """Count the minutes of one window."""
    is_open = open_minutes(calendar, window.start, window.stop)
    if policy.between == "poll_hours":
        up, down = poll_hours([status for minute, status in existing.items() if minute in is_open], len(is_open))
        return Minutes(up, down, len(is_open) - up - down, len(is_open))
    status = statuses(existing, policy, window, at)
    statuses_when_open = [status[minute] for minute in is_open]
    up, down, unknown = (statuses_when_open.count(each) for each in (ACTIVE, INACTIVE, UNKNOWN))
    return Minutes(up, down, unknown, len(is_open))


# Windows


def windows(calendar: Calendar, policy: Policy, at: int) -> dict[str, range]:
    """Give the windows that end at T, or the last full ones of the store's clock before it."""
    if policy.windows == "rolling":
        lengths = {"last_hour": 60, "last_day": DAY_MINUTES, "last_week": 7 * DAY_MINUTES}
        return {name: range(at - length, at) for name, length in lengths.items()}
    if policy.windows != "calendar":
        raise ValueError(policy)
    timezone = version_in_force(calendar, at).timezone
    clock = local_clock(timezone, at)
    hour = clock.replace(minute=0)
    day = hour.replace(hour=0)
    week = day - timedelta(days=day.weekday())
    return {
        "last_hour": last_full(timezone, hour, timedelta(hours=1)),
        "last_day": last_full(timezone, day, timedelta(days=1)),
        "last_week": last_full(timezone, week, timedelta(weeks=1)),
    }


def last_full(timezone: str, end: datetime, unit: timedelta) -> range:
    """Give the window of one unit up to the clock's reading at its end, or of the last one before that was not skipped.

    It has as many minutes as went by: an hour that autumn repeats has 120.
    """
    begin = end - unit
    while clock_reaches(timezone, begin) == clock_reaches(timezone, end):
        begin -= unit
    return range(clock_reaches(timezone, begin), clock_reaches(timezone, end))


# Statuses


def existing_polls(polls: Iterable[Poll], at: int) -> dict[int, str]:
    """Give each minute before T that has polls the status of its last one; of two at one moment, inactive."""
    in_order = sorted(polls, key=lambda poll: (poll.moment, poll.status == INACTIVE))
    return {minute_of(poll.moment): poll.status for poll in in_order if minute_of(poll.moment) < at}


def statuses(existing: Mapping[int, str], policy: Policy, window: range, at: int) -> dict[int, str]:
    """Give each minute of the window its status; the window ends at T or before."""
    polled = sorted(existing)
    before, first_poll = status_before(existing, policy), polled[0] if polled else at
    status = {minute: before if minute < first_poll else UNKNOWN for minute in window}
    for minute, held in zip(polled, reaches(polled, policy, at), strict=True):
        for each in range(max(held.start, window.start), min(held.stop, window.stop)):
            status[each] = existing[minute]
    return status


def status_before(existing: Mapping[int, str], policy: Policy) -> str:
    """Give the status of all minutes before the first poll."""
    first_status = existing[min(existing)] if existing else UNKNOWN
    return {"inactive": INACTIVE, "active": ACTIVE, "backfill": first_status, "exclude": UNKNOWN}[policy.before]


def reaches(polled: list[int], policy: Policy, at: int) -> list[range]:
    """Give the minutes that each poll speaks for, given the minutes of all polls in order."""
    if policy.between == "carry_forward":
        begins = polled
    elif policy.between == "nearest" and policy.max_gap is None:  # an odd middle minute goes to the earlier
        begins = polled[:1] + [one + (other - one) // 2 + 1 for one, other in pairwise(polled)]
    else:
        raise ValueError(policy)
    found = []
    for position, minute in enumerate(polled):
        end = begins[position + 1] if position + 1 < len(polled) else at
        if policy.max_gap is not None:
            end = min(end, minute + policy.max_gap)
        found.append(range(begins[position], end))
    return found


def poll_hours(statuses_of_polls: list[str], business: int) -> tuple[int, int]:
    """Give minutes up and down when each poll counts an hour, in proportion if that is more than there are."""
    up, down = statuses_of_polls.count(ACTIVE), statuses_of_polls.count(INACTIVE)
    if POLL_HOUR_MINUTES * (up + down) <= business:
        return POLL_HOUR_MINUTES * up, POLL_HOUR_MINUTES * down
    scaled_up = business * up // (up + down)
    return scaled_up, business - scaled_up


def outages(
    window: range, existing: Mapping[int, str], calendar: Calendar, policy: Policy, at: int
) -> list[int] | None:
    """Give the length of each run of business minutes that are down; closed minutes neither count nor interrupt.

    Under poll_hours a minute has no status: None.
    """
    if policy.between == "poll_hours":
        return None
    status = statuses(existing, policy, window, at)
    in_order = [status[minute] for minute in sorted(open_minutes(calendar, window.start, window.stop))]
    return [len(list(run)) for each, run in groupby(in_order) if each == INACTIVE]

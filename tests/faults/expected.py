"""What the state must hold of the input, by the reference alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from tests import reference
from tests.reference import Poll
from tests.reference_rows import EPOCH, INACTIVE

RETENTION_DAYS = 16
REPORTED_STORES = 20  # every so many-th store's six figures are counted minute by minute, which is slow

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """All of the input as the state must have it.

    `polls` gives each store's observation (two times the microseconds since the epoch, plus one for inactive) by its
    minute, `carry` the newest one before `retained_from`; `rows` are the report's lines of some stores at `as_of`,
    which is in microseconds.
    """

    polls: Mapping[str, Mapping[int, int]]
    carry: Mapping[str, int]
    calendars: frozenset[str]
    retained_from: int
    as_of: int
    rows: Mapping[str, str]


def expected_of(directory: Path) -> Expected:
    """The input files of a directory, judged by the reference."""
    polls_of = reference.polls_by_store(
        reference.read_rows(directory, ["store_status"], ["store_id", "status", "timestamp_utc"])
    )
    calendars = reference.calendars_from_rows(
        reference.read_rows(directory, ["menu_hours"], ["store_id", "day", "start_time_local", "end_time_local"]),
        reference.read_rows(directory, ["timezones"], ["store_id", "timezone_str"]),
    )
    newest = reference.newest_moment(polls_of)
    first_day = newest.date() - timedelta(days=RETENTION_DAYS - 1)
    retained_from = reference.minute_of(datetime.combine(first_day, time(), EPOCH.tzinfo))
    kept = {store_id: _greatest_by_minute(said) for store_id, said in polls_of.items()}
    some = sorted(polls_of.keys() | calendars.keys())[:: len(kept) // REPORTED_STORES]
    sampled = [tuple(_row(poll)) for store_id in some for poll in polls_of.get(store_id, ())]
    report = reference.report_of(sampled, {of: calendars[of] for of in some if of in calendars}, newest)
    return Expected(
        {store_id: {at: of[at] for at in of if at >= retained_from} for store_id, of in kept.items()},
        {store_id: max((of[at] for at in of if at < retained_from), default=-1) for store_id, of in kept.items()},
        frozenset(calendars),
        retained_from,
        (newest - EPOCH) // _MICROSECOND,
        {line.split(",")[0]: line for line in report.decode().splitlines()[1:]},
    )


def _greatest_by_minute(polls: Iterable[Poll]) -> dict[int, int]:
    kept: dict[int, int] = {}
    for poll in polls:
        minute = reference.minute_of(poll.moment)
        observation = (poll.moment - EPOCH) // _MICROSECOND * 2 + (poll.status == INACTIVE)
        kept[minute] = max(observation, kept.get(minute, -1))
    return kept


def _row(poll: Poll) -> tuple[str, str, str]:
    return poll.store_id, poll.status, f"{poll.moment:%Y-%m-%d %H:%M:%S.%f UTC}"

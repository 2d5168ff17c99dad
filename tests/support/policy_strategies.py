"""Hypothesis strategies for calendars that change (as JSON has them), for policies and for ranges.

They look for trouble as `strategies` does; the simplest is a plain calendar in UTC, the default policy, one hour.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.reference_policies import Policy
from tests.support.strategies import (
    AS_OF_DELAYS,
    BASE_DAYS,
    BROKEN_HOURS_ROWS,
    BROKEN_POLL_ROWS,
    BROKEN_ZONE_ROWS,
    DAY_INTERVALS,
    MOMENTS,
    STORE_IDS,
    TIMESTAMP_FORMS,
    WEEKS,
    ZONE_NAMES,
    PollAt,
    PollRow,
    polls,
    shuffled,
    spelled_timestamp,
)

Body = dict[str, Any]  # of a calendar message, as JSON has it
Message = tuple[str, Body | None]  # store_id and body; None is a tombstone

APIA_SKIPS_A_DAY = datetime(2011, 12, 31, tzinfo=UTC)  # no Friday 30th; it ended at 2011-12-30 10:00 UTC
CHANGING_BASE_DAYS = (*BASE_DAYS, APIA_SKIPS_A_DAY)


# Policies

BEFORE = st.sampled_from(("inactive", "active", "backfill", "exclude"))
WINDOWS = st.sampled_from(("rolling", "calendar"))
MAX_GAPS = st.one_of(st.none(), st.sampled_from((1, 2, 59, 60, 61, 1440, 10080, 50_000)), st.integers(1, 20_160))
POLICIES = st.one_of(
    st.builds(Policy, BEFORE, st.just("carry_forward"), MAX_GAPS, WINDOWS),
    st.builds(Policy, BEFORE, st.just("nearest"), st.none(), WINDOWS),
    st.builds(Policy, st.just("inactive"), st.just("poll_hours"), st.none(), WINDOWS),
)
"""Each combination that has a meaning: max_gap goes with carry_forward only, before not with poll_hours."""


# Calendars


class _Break(NamedTuple):
    """What to add to a valid body so that a message with it is refused whole."""

    key: str
    items: list[Body]


_OPEN = {"start": "09:00", "end": "17:00"}
_WEEK = {"timezone": "UTC", "hours": []}
_BROKEN_INTERVALS = [
    {"start": start, "end": end} for store_id, day, start, end in BROKEN_HOURS_ROWS if store_id and day == "0"
]
BROKEN_EXCEPTIONS: tuple[list[Body], ...] = (
    *(
        [{"date": text, "hours": [_OPEN]}]
        for text in (
            *(
                "",
                "2023-02-29",
                "2023-13-01",
                "2023-1-25",
                "20230125",
                "2023-W04-3",
                "25.01.2023",
                "2023-01-25T00:00:00",
            ),
            *("1969-12-31", "10000-01-01", "\u0662023-01-25"),
        )
    ),
    *([{"date": "2023-01-25", "hours": [_OPEN, interval]}] for interval in _BROKEN_INTERVALS),
    [{"date": "2023-01-25", "hours": [_OPEN]}, {"date": "2023-01-25", "hours": [_OPEN]}],
    [
        {"date": "2023-01-25", "hours": []},
        {"date": "2023-01-26", "hours": []},
        {"date": "2023-01-25", "hours": [_OPEN]},
    ],
)
BROKEN_MAINTENANCE: tuple[list[Body], ...] = (
    [{"from": "2023-01-25T12:00:00Z", "to": "2023-01-25T12:00:00Z"}],
    [{"from": "2023-01-25T12:00:00Z", "to": "2023-01-25T11:00:00Z"}],
    [{"from": "2023-01-25T12:00:00Z", "to": "2023-01-25T13:00:00+05:30"}],
    *([{"from": text, "to": "2023-01-25T12:00:00Z"}] for _, _, text in BROKEN_POLL_ROWS[-4:]),
    *([{"from": "2023-01-25T12:00:00Z", "to": text}] for _, _, text in BROKEN_POLL_ROWS[-4:]),
)
BROKEN_VERSIONS: tuple[list[Body], ...] = (
    [{"effective_from": None, **_WEEK}, {"effective_from": None, **_WEEK}],
    [{"effective_from": f"2023-01-25T12:00:{second}Z", **_WEEK} for second in ("00", "59")],
    [{"effective_from": text, **_WEEK} for text in ("2023-01-25T12:00:00Z", "2023-01-25T17:30:30+05:30")],
    *([{"effective_from": text, **_WEEK}] for _, _, text in BROKEN_POLL_ROWS[-4:]),
    *([{"effective_from": None, "timezone": zone, "hours": []}] for _, zone in BROKEN_ZONE_ROWS[1:]),
    [{"effective_from": None, "timezone": "UTC", "hours": [{"day": 7, **_OPEN}]}],
)
BROKEN_PLAIN_BODIES: tuple[Body, ...] = (
    *({"timezone": zone, "hours": []} for _, zone in BROKEN_ZONE_ROWS[1:]),
    {"timezone": "UTC", "hours": [{"day": 0, **_OPEN}, {"day": -1, **_OPEN}]},
    *({"timezone": "UTC", "hours": [{"day": 0, **interval}]} for interval in _BROKEN_INTERVALS),
)
BROKEN_CALENDAR_BODIES: tuple[Body, ...] = (
    *BROKEN_PLAIN_BODIES,
    {"versions": []},
    {"timezone": "UTC", "versions": [{"effective_from": None, **_WEEK}]},
    {"hours": [], "versions": [{"effective_from": None, **_WEEK}]},
    *({"versions": versions} for versions in BROKEN_VERSIONS),
    *({**_WEEK, "exceptions": exceptions} for exceptions in BROKEN_EXCEPTIONS),
    *({**_WEEK, "maintenance": maintenance} for maintenance in BROKEN_MAINTENANCE),
)
_BREAKS = (
    *(_Break("exceptions", items) for items in BROKEN_EXCEPTIONS),
    *(_Break("maintenance", items) for items in BROKEN_MAINTENANCE),
)


def _moment(base_day: datetime, offset: tuple[int, int]) -> datetime:
    return base_day + timedelta(minutes=offset[0], microseconds=offset[1])


def _intervals(pairs: Sequence[tuple[str, str]]) -> list[Body]:
    return [{"start": start, "end": end} for start, end in pairs]


WEEKLY_HOURS = WEEKS.map(
    lambda week: [{"day": day, "start": start, "end": end} for day, pairs in week for start, end in pairs]
)
ZONE_VALUES = st.one_of(ZONE_NAMES, ZONE_NAMES, ZONE_NAMES, st.none())  # null is the default zone
EXCEPTION_HOURS = st.one_of(st.just([]), DAY_INTERVALS).map(_intervals)


@st.composite
def versions(draw: st.DrawFn, base_day: datetime) -> list[Body]:
    """Give one to four versions, in any order, no two from one minute."""
    offsets = draw(st.lists(st.one_of(st.none(), MOMENTS), min_size=1, max_size=4, unique_by=_minute))
    found = []
    for offset in offsets:
        form = draw(TIMESTAMP_FORMS)
        text = None if offset is None else spelled_timestamp(_moment(base_day, offset), *form)
        found.append({"effective_from": text, "timezone": draw(ZONE_VALUES), "hours": draw(WEEKLY_HOURS)})
    return found


def _minute(offset: tuple[int, int] | None) -> int | None:
    return None if offset is None else offset[0]


def exceptions(base_day: datetime) -> st.SearchStrategy[list[Body]]:
    """Give up to five dates, each once, mostly near the base day."""
    days = st.one_of(st.integers(-2, 2), st.integers(-16, 3))
    return st.dictionaries(days, EXCEPTION_HOURS, max_size=5).map(
        lambda hours_of: [
            {"date": (base_day + timedelta(days=day)).date().isoformat(), "hours": hours}
            for day, hours in hours_of.items()
        ]
    )


LENGTHS = st.one_of(
    st.sampled_from((0.000001, 1, 30, 59, 60, 61, 3600, 86_400)), st.integers(1, 4 * 86_400), st.floats(0.01, 300)
)
"""Seconds of a planned maintenance."""


def maintenance(base_day: datetime) -> st.SearchStrategy[list[Body]]:
    """Give up to three planned maintenances, which may touch or overlap."""

    def spelled(offset: tuple[int, int], seconds: float, forms: list[tuple[str, str, str]]) -> Body:
        begin = _moment(base_day, offset)
        end = begin + timedelta(seconds=seconds)
        return {"from": spelled_timestamp(begin, *forms[0]), "to": spelled_timestamp(end, *forms[1])}

    return st.lists(st.builds(spelled, MOMENTS, LENGTHS, st.lists(TIMESTAMP_FORMS, min_size=2, max_size=2)), max_size=3)


@st.composite
def calendar_bodies(draw: st.DrawFn, base_day: datetime) -> Body:
    """Give a valid body: plain or with versions, often with exceptions and maintenance."""
    body: Body
    if draw(st.booleans()):
        body = {"versions": draw(versions(base_day))}
    else:
        body = {"timezone": draw(ZONE_VALUES), "hours": draw(WEEKLY_HOURS)}
    if draw(st.booleans()):
        body["exceptions"] = draw(exceptions(base_day))
    if draw(st.booleans()):
        body["maintenance"] = draw(maintenance(base_day))
    return body


@st.composite
def broken_calendar_bodies(draw: st.DrawFn, base_day: datetime) -> Body:
    """Give a body that breaks a rule: one of a list, or a valid one with a broken part added."""
    if draw(st.booleans()):
        return draw(st.sampled_from(BROKEN_CALENDAR_BODIES))
    body = draw(calendar_bodies(base_day))
    key, items = draw(st.sampled_from(_BREAKS))
    return {**body, key: [*body.get(key, []), *items]}


def messages(store_id: str, base_day: datetime, *, broken: bool = True) -> st.SearchStrategy[list[Message]]:
    """Give one store's calendar messages in order: mostly one, else up to three, some without effect."""
    valid_bodies = calendar_bodies(base_day)
    choices = [valid_bodies, valid_bodies, st.none()]
    if broken:
        choices.append(broken_calendar_bodies(base_day))
    bodies: st.SearchStrategy[list[Body | None]] = st.one_of(
        st.lists(valid_bodies, min_size=1, max_size=1), st.lists(st.one_of(choices), max_size=3)
    )
    return bodies.map(lambda found: [(store_id, body) for body in found])


# Ranges


class Range(NamedTuple):
    """From begin up to end: moments (UTC), or dates of each store."""

    begin: date
    end: date


def ranges(newest: datetime, *, retention_days: int = 16) -> st.SearchStrategy[Range]:
    """Give a range inside the days retained when the newest poll is this one, up to the end of the day after it."""
    first = newest.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=retention_days - 1)
    end_minute = (retention_days + 1) * 24 * 60
    moments = st.builds(
        lambda begin, length, seconds: Range(
            first + timedelta(minutes=begin, seconds=seconds[0]),
            first + timedelta(minutes=min(begin + length, end_minute - 1), seconds=seconds[1]),
        ),
        st.one_of(st.integers(0, end_minute - 2), st.integers(retention_days * 1440 - 2880, end_minute - 2)),
        st.one_of(st.sampled_from((60, 1, 1440, 10_080)), st.integers(1, end_minute)),
        st.tuples(st.sampled_from((0, 0.000001, 59.999999)), st.sampled_from((0, 0.000001, 59.999999))),
    )
    # A date begins up to 14 hours before that of UTC in the east, and up to 12 hours after it in the west.
    dates = st.builds(
        lambda begin, days: Range(
            (first + timedelta(days=begin)).date(),
            (first + timedelta(days=min(begin + days, retention_days))).date(),
        ),
        st.integers(1, retention_days - 1),
        st.integers(1, retention_days),
    )
    return st.one_of(moments, dates)


# All together


class ChangingScenario(NamedTuple):
    """Everything a report is made of; messages are in order, as_of None means the newest poll."""

    polls: list[PollRow]
    messages: list[Message]
    as_of: datetime | None
    policy: Policy
    range: Range


@st.composite
def changing_scenarios(
    draw: st.DrawFn, *, max_stores: int = 3, max_clusters: int = 10, broken: bool = True, apia: bool = True
) -> ChangingScenario:
    """Give a few stores with their polls and calendar messages, with at least one valid poll, a policy and a range."""
    base_day = draw(st.sampled_from(CHANGING_BASE_DAYS if apia else BASE_DAYS))
    delay = draw(AS_OF_DELAYS)
    seed = draw(st.integers(0, 255))
    policy = draw(POLICIES)
    broken_polls = draw(st.lists(st.sampled_from(BROKEN_POLL_ROWS), max_size=2 if broken else 0))
    store_ids = draw(st.lists(STORE_IDS, min_size=1, max_size=max_stores, unique=True))
    said: list[PollAt] = []
    sent: list[Message] = []
    for position, store_id in enumerate(store_ids):
        said += draw(polls(store_id, base_day, min_clusters=0 if position else 1, max_clusters=max_clusters))
        sent += draw(messages(store_id, base_day, broken=broken))
    newest = max(poll.moment for poll in said)
    return ChangingScenario(
        polls=shuffled([poll.row for poll in said] + broken_polls, seed),
        messages=sent,
        as_of=None if delay is None else newest + delay,
        policy=policy,
        range=draw(ranges(newest)),
    )

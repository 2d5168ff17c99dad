"""Hypothesis strategies for raw input, as it stands in the files: strings and tuples, no type of the product.

They look for trouble: days around a change of the clocks, nights, ties, gaps, late polls, odd spellings. The simplest
example of each is what it shrinks to: one store "0" with one poll at
midnight, open around the clock, T at that poll.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st

PollRow = tuple[str, str, str]  # store_id, status, timestamp_utc
HoursRow = tuple[str, str, str, str]  # store_id, day, start, end
ZoneRow = tuple[str, str]  # store_id, timezone
RowType = TypeVar("RowType", PollRow, HoursRow, ZoneRow)

DAY_MINUTES = 24 * 60

ZONES = (
    "UTC",
    "America/Chicago",
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
)
"""With and without summer time, at offsets of whole, half and quarter hours, from -10:00 to +14:00."""

BASE_DAYS = tuple(
    datetime(*day, tzinfo=UTC)
    for day in (
        (2023, 1, 25),  # no zone changes: the last day of the real files
        (2023, 3, 12),  # America, forward
        (2023, 11, 5),  # America, back
        (2024, 3, 31),  # Europe and Asia/Beirut, forward
        (2023, 10, 29),  # Europe and Asia/Beirut, back
        (2023, 4, 1),  # Australia/Lord_Howe back by 30 minutes; Pacific/Chatham back
        (2023, 9, 30),  # Australia/Lord_Howe forward by 30 minutes (2023-09-30 15:30 UTC)
        (2024, 2, 29),
        (2024, 1, 1),
    )
)

TRICKY_STORE_IDS = (
    "8419537941919820732",
    "0001",
    "8.4E+18",
    "a,b",
    'say "hi"',
    "'",
    "=1+1",
    "@SUM(A1)",
    "-7",
    "two words",
    "\u00a0",
    "e\u0301",
    "\u00e9",
    "\uffff",
    "\U0001f355",
    "null",
    "x" * 256,
    "\u00e9" * 128,
)

BROKEN_POLL_ROWS: tuple[PollRow, ...] = (
    ("", "active", "2023-01-25 12:00:00 UTC"),
    ("   ", "active", "2023-01-25 12:00:00 UTC"),
    ("a\tb", "active", "2023-01-25 12:00:00 UTC"),
    ("a\x00b", "active", "2023-01-25 12:00:00 UTC"),
    ("a\u0085b", "active", "2023-01-25 12:00:00 UTC"),
    ("x" * 257, "active", "2023-01-25 12:00:00 UTC"),
    ("\u00e9" * 129, "active", "2023-01-25 12:00:00 UTC"),
    ("broken", "Active", "2023-01-25 12:00:00 UTC"),
    ("broken", "", "2023-01-25 12:00:00 UTC"),
    ("broken", "closed", "2023-01-25 12:00:00 UTC"),
    ("broken", "active", ""),
    ("broken", "active", "2023-01-25"),
    ("broken", "active", "2023-02-29 12:00:00 UTC"),
    ("broken", "active", "2023-01-25 24:00:00 UTC"),
    ("broken", "active", "2023-01-25 12:60:00 UTC"),
    ("broken", "active", "2023-01-25 12:00:60 UTC"),
    ("broken", "active", "2023-01-25 12:00:00.0123456789 UTC"),
    ("broken", "active", "2023-01-25 12:00:00 EST"),
    ("broken", "active", "2023-01-25 12:00:00+24:00"),
    ("broken", "active", "1969-12-31 23:59:59 UTC"),
    ("broken", "active", "10000-01-01 00:00:00 UTC"),
    ("broken", "active", "\u0662023-01-25 12:00:00 UTC"),
    ("broken", "active", "1674648000"),
)
BROKEN_HOURS_ROWS: tuple[HoursRow, ...] = (
    ("", "0", "09:00", "17:00"),
    ("broken", "7", "09:00", "17:00"),
    ("broken", "-1", "09:00", "17:00"),
    ("broken", "Monday", "09:00", "17:00"),
    ("broken", "", "09:00", "17:00"),
    ("broken", "0", "", "17:00"),
    ("broken", "0", "24:00", "17:00"),
    ("broken", "0", "24:00:00", "17:00"),
    ("broken", "0", "9.30", "17:00"),
    ("broken", "0", "09:00", "24:00:01"),
    ("broken", "0", "09:00", "24:01"),
    ("broken", "0", "09:00", "17:60"),
    ("broken", "0", "09:00", "17:00:60"),
    ("broken", "0", "09:00", "17 PM"),
)
BROKEN_ZONE_ROWS: tuple[ZoneRow, ...] = (
    ("", "UTC"),
    ("broken", ""),
    ("broken", "america/chicago"),
    ("broken", "Mars/Olympus"),
    ("broken", "../UTC"),
    ("broken", "UTC+1"),
    ("broken", "zones"),
    ("broken", "America"),
)


class Scenario(NamedTuple):
    """Everything a report is made of; as_of None means the newest poll."""

    polls: list[PollRow]
    hours_rows: list[HoursRow]
    zone_rows: list[ZoneRow]
    as_of: datetime | None


class PollAt(NamedTuple):
    """A poll's row, and the moment (UTC) that its timestamp means."""

    moment: datetime
    row: PollRow


class Store(NamedTuple):
    """Everything about one store."""

    store_id: str
    polls: list[PollAt]
    hours_rows: list[HoursRow]
    zone_rows: list[ZoneRow]


def _is_store_id(text: str) -> bool:
    return text == text.strip(" ") and 1 <= len(text.encode()) <= 256


STORE_IDS = st.one_of(
    st.integers(0, 2**63 - 1).map(str),
    st.integers(0, 99).map(str),
    st.sampled_from(TRICKY_STORE_IDS),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=12).filter(_is_store_id),
)
"""Valid ids without spaces around: mostly digits, sometimes whatever text may be."""

PADDINGS = st.sampled_from(("{}", "{}", "{}", "{} ", " {}", "  {}   "))
"""What may stand around an id or a status: mostly nothing, else spaces."""


# Hours


def _spelled_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


MINUTES_OF_DAY = st.one_of(
    st.sampled_from((0, 1, 30, 59, 60, 90, 119, 120, 121, 150, 179, 180, 181, 240)),  # around the clock changes
    st.integers(0, 95).map(lambda quarter: quarter * 15),
    st.integers(0, DAY_MINUTES - 1),
)


def _on_twelve_hours(minute: int) -> str:
    return f"{minute // 60 % 12 or 12}:{minute % 60:02} {'AM' if minute < DAY_MINUTES // 2 else 'pm'}"


START_TIMES = st.one_of(
    st.builds(
        lambda minute, seconds: _spelled_time(minute) + seconds,
        MINUTES_OF_DAY,
        st.sampled_from(("", ":00", ":01", ":59", ":59.5")),
    ),
    MINUTES_OF_DAY.map(_on_twelve_hours),
    MINUTES_OF_DAY.map(lambda minute: f"{minute // 60}:{minute % 60:02}"),
    MINUTES_OF_DAY.map(lambda minute: f"{minute // 60}.{minute % 60:02}.00"),
)
END_TIMES = st.one_of(
    START_TIMES, st.sampled_from(("24:00", "24:00:00", "00:00", "00:00:00", "23:59", "23:59:00", "23:59:59"))
)
ONE_MINUTE = MINUTES_OF_DAY.map(lambda start: [(_spelled_time(start), _spelled_time((start + 1) % DAY_MINUTES))])
WHOLE_DAY_FROM = START_TIMES.map(lambda time: [(time, time)])
NIGHT = st.builds(
    lambda start, end: [(_spelled_time(start), _spelled_time(end))], st.integers(18 * 60, 1439), st.integers(0, 360)
)
NIGHT_IN_TWO_ROWS = st.builds(lambda end, start: [("00:00:00", end), (start, "23:59:59")], END_TIMES, START_TIMES)
TOUCHING = st.builds(lambda start, middle, end: [(start, middle), (middle, end)], START_TIMES, START_TIMES, END_TIMES)
SEVERAL = st.lists(st.tuples(START_TIMES, END_TIMES), min_size=1, max_size=4)
DAY_INTERVALS = st.one_of(ONE_MINUTE, SEVERAL, WHOLE_DAY_FROM, NIGHT, NIGHT_IN_TWO_ROWS, TOUCHING)
"""What is written for one weekday: one or more (start, end) that may touch, overlap or run past midnight."""

WEEKDAYS = st.integers(0, 6)
WEEKS = st.one_of(
    st.just([]),
    st.lists(st.tuples(WEEKDAYS, DAY_INTERVALS), max_size=7),
    st.builds(
        lambda days, intervals: [(day, intervals) for day in days],
        st.lists(WEEKDAYS, min_size=1, max_size=9),
        DAY_INTERVALS,
    ),
)
"""No hours (open 24x7), weekdays each with its own, or weekdays all alike; a weekday can come twice."""


def hours_rows(store_id: str) -> st.SearchStrategy[list[HoursRow]]:
    """Give one store's rows."""
    return WEEKS.map(
        lambda week: [(store_id, str(day), start, end) for day, intervals in week for start, end in intervals]
    )


ZONE_NAMES = st.sampled_from(ZONES)
ZONE_FIELDS = st.one_of(
    st.lists(st.tuples(st.just("{}"), ZONE_NAMES), min_size=1, max_size=1),
    st.lists(st.tuples(PADDINGS, st.one_of(ZONE_NAMES, st.just("Mars/Olympus"))), max_size=3),
)


def zone_rows(store_id: str) -> st.SearchStrategy[list[ZoneRow]]:
    """Give one store's rows: mostly one, sometimes none or several, of which the last valid one counts."""
    return ZONE_FIELDS.map(lambda fields: [(padding.format(store_id), zone) for padding, zone in fields])


# Polls

MOMENTS = st.tuples(
    st.one_of(
        st.integers(0, 5),
        st.integers(-90, 90),
        st.integers(0, 36 * 60),
        st.integers(-8 * DAY_MINUTES, 36 * 60),
        st.integers(-30 * DAY_MINUTES, 0),
    ),
    st.one_of(st.sampled_from((0, 1, 30_000_000, 59_999_999)), st.integers(0, 59_999_999)),
)
"""Minutes from the base day's midnight, near it or up to 30 days before, and microseconds in the minute."""

SECONDS_LATER = st.sampled_from((0, 0.000001, -0.000001, 1, -1, 60, -60, 3600))
STATUSES = st.sampled_from(("active", "inactive"))
TIMESTAMP_FORMS = st.sampled_from(
    tuple(
        (zone, separator, digits)
        for zone in (" UTC", "+00:00", "+00", " +0000", "z", "Z", "", "+05:30", "+0545", "-06", " -03:30", "+14:00")
        for separator in (" ", "T", "t")
        for digits in ("needed", "six", "nine")
    )
)
CLUSTERS = st.tuples(
    MOMENTS,
    st.lists(st.tuples(SECONDS_LATER, STATUSES, TIMESTAMP_FORMS, PADDINGS), min_size=1, max_size=4),
)
"""One to four polls close together: the same twice, at one microsecond, in one minute or in the next."""


def spelled_timestamp(moment: datetime, zone: str, separator: str, digits: str) -> str:
    """Spell the moment (UTC) in one of the ways allowed; all of them mean the same microsecond."""
    if zone.strip(" ")[:1] in {"+", "-"}:
        digits_of_zone = zone.strip(" +-").replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits_of_zone[:2]), minutes=int(digits_of_zone[2:]))
        moment += -offset if "-" in zone else offset
    fraction = f".{moment.microsecond:06}"
    if digits == "needed":
        fraction = fraction.rstrip("0").rstrip(".")
    elif digits == "nine":
        fraction += "999"  # cut off, never rounded up
    return f"{moment:%Y-%m-%d}{separator}{moment:%H:%M:%S}{fraction}{zone}"


def polls(
    store_id: str, base_day: datetime, *, min_clusters: int = 0, max_clusters: int = 12
) -> st.SearchStrategy[list[PollAt]]:
    """Give one store's polls, in any order."""

    def spelled(
        clusters: list[tuple[tuple[int, int], list[tuple[float, str, tuple[str, str, str], str]]]],
    ) -> list[PollAt]:
        found = []
        for (minutes, microseconds), members in clusters:
            for seconds, status, form, padding in members:
                moment = base_day + timedelta(minutes=minutes, seconds=seconds, microseconds=microseconds)
                row = (padding.format(store_id), padding.format(status), spelled_timestamp(moment, *form))
                found.append(PollAt(moment, row))
        return found

    return st.lists(CLUSTERS, min_size=min_clusters, max_size=max_clusters).map(spelled)


# T

AS_OF_DELAYS = st.one_of(
    st.none(),
    st.sampled_from((0, 1, -1, 59, 60, 61, -60)).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(-180, 180).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(0, 4 * 24).map(lambda hours: timedelta(hours=hours)),
)
"""None (T is the newest poll), or how long after it T lies: near, before or after, or up to four days."""


def as_of_choices(newest: datetime) -> st.SearchStrategy[datetime | None]:
    """Give None, or a T near the newest poll or up to four days after it."""
    return AS_OF_DELAYS.map(lambda delay: None if delay is None else newest + delay)


# All together


@st.composite
def stores(draw: st.DrawFn, base_day: datetime, *, min_clusters: int = 0, max_clusters: int = 12) -> Store:
    """Give one store with its rows."""
    store_id = draw(STORE_IDS)
    return Store(
        store_id,
        draw(polls(store_id, base_day, min_clusters=min_clusters, max_clusters=max_clusters)),
        draw(hours_rows(store_id)),
        draw(zone_rows(store_id)),
    )


@st.composite
def scenarios(draw: st.DrawFn, *, max_stores: int = 4, max_clusters: int = 12, broken_rows: bool = True) -> Scenario:
    """Give the rows of a few stores, shuffled, with at least one valid poll; some rows break a rule if asked.

    What has a fixed shape is drawn first, and the order comes from one seed: so a row can go away in shrinking
    without a new meaning for all that is drawn after it.
    """
    base_day = draw(st.sampled_from(BASE_DAYS))
    delay = draw(AS_OF_DELAYS)
    seed = draw(st.integers(0, 255))
    max_broken = 2 if broken_rows else 0
    broken_polls = draw(st.lists(st.sampled_from(BROKEN_POLL_ROWS), max_size=max_broken))
    broken_hours = draw(st.lists(st.sampled_from(BROKEN_HOURS_ROWS), max_size=max_broken))
    broken_zones = draw(st.lists(st.sampled_from(BROKEN_ZONE_ROWS), max_size=max_broken))
    first = draw(stores(base_day, min_clusters=1, max_clusters=max_clusters))
    others = draw(st.lists(stores(base_day, max_clusters=max_clusters), max_size=max_stores - 1))
    found = [first, *others]
    newest = max(poll.moment for store in found for poll in store.polls)
    return Scenario(
        polls=shuffled([poll.row for store in found for poll in store.polls] + broken_polls, seed),
        hours_rows=shuffled([row for store in found for row in store.hours_rows] + broken_hours, seed),
        zone_rows=shuffled([row for store in found for row in store.zone_rows] + broken_zones, seed),
        as_of=None if delay is None else newest + delay,
    )


def shuffled(rows: list[RowType], seed: int) -> list[RowType]:
    """Order the rows by the seed; 0 leaves them as they are."""
    return Random(seed).sample(rows, len(rows)) if seed else rows

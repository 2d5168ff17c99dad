"""Bytes that are nearly right: valid inputs with some of their bytes changed, JSON of the wrong shape, and noise."""

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from producers.sample_bad_rows import BAD_HOURS, BAD_POLLS, BAD_ZONES
from stream_app.codec import store_values, table
from stream_app.dead_letters import FileSource, RecordSource, RowLayout, record_letter, row_letter
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours
from tests.support.tables import meta_of, store_items, valid_polls

STORE_IDS = ("1", "8419537941919820732", " 8.4E+18 ", "ü/ä b", "", "\0", "x" * 300)
TIMES = (
    "2023-01-22T12:09:39.388884Z",
    "2023-01-22 12:09:39 UTC",
    "2023-01-22 12:09:39.388884999+05:45",
    "1969-12-31 23:59:59 UTC",
    "9999-12-31 23:59:59-23:59",
    "2023-01-22 12:09:39\n2023-01-22 12:09:39",
    "0000-00-00 00:00:00",
)
INTERESTING = (
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\n", b"\r", b'"', b"\\", b"\\ud800", b",", b"{", b"[", b"]", b"}", b"null"),
    *(b"-1", b"1e400", b"9" * 30, b"9" * 5000, b"[" * 3000, b" " * 3000, b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\x01"),
)

NOISE = st.binary(max_size=80)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TIMES + STORE_IDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("store_id", "status", "timestamp_utc", "hours", "day", "x")), inner)
    ),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds with up to five cuts, insertions and changes."""
    value = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(value)))
        removed = draw(st.sampled_from((0, 0, 1, 1, 2, 6, 1000)))
        put = draw(st.sampled_from(INTERESTING) | st.binary(max_size=4))
        value = value[:at] + put + value[at + removed :]
    return value


def _json(*bodies: Mapping[str, Any]) -> list[bytes]:
    return [json.dumps(body).encode() for body in bodies]


def _objects(fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[bytes]:
    """JSON objects with the right names, now and then one missing, and any value behind a name."""
    every = {name: right | JSON for name, right in fields.items()}
    return st.fixed_dictionaries({}, optional=every).map(lambda body: json.dumps(body).encode())


DEEP = b'{"store_id":"1","unknown":' + b"[" * 3000 + b"]" * 3000 + b"}"
POLL_SEEDS = [*_json(*({"store_id": "1", "status": "active", "timestamp_utc": time} for time in TIMES)), DEEP]
POLL_VALUES = st.one_of(
    st.none(),
    NOISE,
    JSON.map(lambda body: json.dumps(body).encode()),
    mutated(POLL_SEEDS),
    _objects(
        {
            "store_id": st.sampled_from(STORE_IDS),
            "status": st.sampled_from(("active", "inactive")),
            "timestamp_utc": st.sampled_from(TIMES),
        }
    ),
)

CALENDAR_SEEDS = [
    DEEP,
    *_json(
        {"store_id": "1"},
        {"store_id": "1", "timezone": "Asia/Kathmandu", "hours": [{"day": 0, "start": "09:00", "end": "17:30:59"}]},
        {"store_id": "1", "versions": [{"effective_from": None, "timezone": None, "hours": []}]},
        {
            "store_id": "1",
            "versions": [
                {"effective_from": None, "hours": [{"day": 6, "start": "22:00", "end": "02:00"}]},
                {"effective_from": "2024-01-01T00:00:00Z", "timezone": "Pacific/Apia"},
            ],
            "exceptions": [{"date": "2024-12-25", "hours": [{"start": "10:00", "end": "14:00"}]}],
            "maintenance": [{"from": "2024-03-01T02:00:00Z", "to": "2024-03-01T04:30:00Z"}],
        },
    ),
]
CALENDAR_KEYS = st.sampled_from((None, b"", b"1", b"2", b"\xff", b"\0", b"x" * 5000))
CALENDAR_VALUES = st.one_of(
    st.none(),
    NOISE,
    mutated(CALENDAR_SEEDS),
    _objects(
        {
            "store_id": st.just("1"),
            "timezone": st.sampled_from(("UTC", "America/Chicago", "../etc", "")),
            "hours": st.lists(
                st.fixed_dictionaries({"day": st.integers(), "start": st.text(max_size=6), "end": st.just("10:00")})
            ),
        }
    ),
)

_STATES = store_items(
    valid_polls(
        [("a", status, f"2023-01-{day:02} {day}:00:0{day % 7}.5 UTC") for day in range(1, 24) for status in ("active",)]
        + [("b", "inactive", "2022-12-01 00:00:00 UTC"), ("c", "inactive", "2023-01-23 10:59:59 UTC")]
    ),
    {"a": StoreCalendar("Asia/Kathmandu", (WeeklyHours(0, 540, 1020), WeeklyHours(4, 1080, 1560)))},
)
STATE_SEEDS = [*_STATES.values(), store_values.NO_POLLS_VALUE]
STATE_VALUES = st.lists(NOISE | mutated(STATE_SEEDS), min_size=1, max_size=4)
META_VALUES = NOISE | mutated([table.encode_meta(meta_of(1_674_389_379_388_884, {"store-polls": 7}))])
STORED_CALENDARS = NOISE | mutated(
    [table.encode_calendar(StoreCalendar()), table.encode_calendar(StoreCalendar("UTC", (WeeklyHours(0, 540, 1020),)))]
)

HEADERS = {
    "polls": b"store_id,status,timestamp_utc\n",
    "hours": b"store_id,day,start_time_local,end_time_local\n",
    "zones": b"store_id,timezone_str\n",
}
_ROWS = [
    *(row.encode("utf-8", "surrogateescape") + b"\n" for row, _ in (*BAD_POLLS, *BAD_HOURS, *BAD_ZONES)),
    *(f"{store_id},active,{time}\n".encode() for store_id in STORE_IDS for time in TIMES),
    b"1,0,09:00,17:30\r\n",
    b'"1","6","22:00:00","02:00:00"\n',
    b"1,America/Denver\n",
]
BODIES = st.lists(NOISE | mutated(_ROWS), max_size=6).map(b"".join)


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A kind, a file name and the file's bytes: mostly a sound header, now and then compressed or broken."""
    kind = draw(st.sampled_from(sorted(HEADERS)))
    content = draw(st.just(HEADERS[kind]) | mutated([HEADERS[kind]])) + draw(BODIES)
    content = content.replace(b",", draw(st.sampled_from((b",", b",", b";", b"\t"))))
    match draw(st.sampled_from(("plain", "plain", "plain", "gzip", "broken gzip", "no gzip"))):
        case "gzip":
            return kind, "file.csv.gz", gzip.compress(content)
        case "broken gzip":
            return kind, "file.csv.gz", draw(mutated([gzip.compress(content)]))
        case "no gzip":
            return kind, "file.csv.gz", content
    return kind, "file.csv", content


_REFUSED = Rejected(Reason.FUTURE_POLL, "")
LETTER_SEEDS = [
    *(record_letter(_REFUSED, RecordSource("store-polls", 0, 1), b"1", value, 0)[1] for value in POLL_SEEDS),
    *(record_letter(_REFUSED, RecordSource("store-calendars", 0, 1), b"\xff", v, 0)[1] for v in CALENDAR_SEEDS),
    record_letter(_REFUSED, RecordSource("store-calendars", 0, 1), b"1", None, 0)[1],
    *(
        row_letter(
            _REFUSED,
            FileSource("a.csv", 2),
            row,
            0,
            RowLayout("polls", {"store_id": 0, "status": 1, "timestamp_utc": 2}),
        )[1]
        for row in _ROWS
    ),
]
LETTERS = NOISE | mutated(LETTER_SEEDS)

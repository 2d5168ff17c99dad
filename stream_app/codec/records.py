"""The records of the topics `store-polls` and `store-calendars`, JSON by msgspec.

store-polls      key store_id -> {"store_id": "81399", "status": "active", "timestamp_utc": "2023-01-22T12:09:39Z"}
store-calendars  key store_id -> {"store_id": "81399", "timezone": "America/Denver",
                                  "hours": [{"day": 0, "start": "09:00", "end": "17:30"}]}
                 null = a tombstone: back to the defaults
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream_app.domain.poll import ACTIVE, INACTIVE, PollColumns, parse_polls
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_calendar import StoreCalendar, clock, parse_calendar
from stream_app.domain.store_id import parse_store_id


class PollRecord(msgspec.Struct, gc=False):
    """One poll as its topic holds it."""

    store_id: str
    status: str
    timestamp_utc: str


class HoursRecord(msgspec.Struct, gc=False):
    """One row of business hours inside a calendar message; local time, HH:MM or HH:MM:SS."""

    day: int
    start: str
    end: str


class CalendarRecord(msgspec.Struct, omit_defaults=True):
    """Everything about one store's calendar, since compaction keeps only the last message of a store."""

    store_id: str
    timezone: str | None = None
    hours: list[HoursRecord] = []


_Record = TypeVar("_Record", PollRecord, CalendarRecord)

_encode = msgspec.json.Encoder().encode
_decode_poll = msgspec.json.Decoder(PollRecord).decode
_decode_calendar = msgspec.json.Decoder(CalendarRecord).decode


def encode_polls(store_ids: Sequence[str], observations: NDArray[np.int64]) -> list[bytes]:
    """Record values of polls, one a poll, in the one spelling that every reader takes at full speed."""
    times = np.datetime_as_string((observations >> 1).view("datetime64[us]"), timezone="UTC").tolist()
    statuses = [INACTIVE if is_inactive else ACTIVE for is_inactive in (observations & 1).tolist()]
    return [_encode(PollRecord(*fields)) for fields in zip(store_ids, statuses, times, strict=True)]


def decode_polls(values: Sequence[bytes | None]) -> PollColumns:
    """Record values as polls; `rows` and `rejected` name the records by their place in `values`."""
    try:
        return _parse([_decode_poll(value) for value in values])  # type: ignore[arg-type]  # None raises TypeError
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError):
        return _decode_one_by_one(values)


def _decode_one_by_one(values: Sequence[bytes | None]) -> PollColumns:
    """The same where a record is no poll record at all: that one alone is refused."""
    records: list[PollRecord] = []
    rows: list[int] = []
    rejected: list[tuple[int, Rejected]] = []
    for row, value in enumerate(values):
        record = _decoded(_decode_poll, value)
        if isinstance(record, Rejected):
            rejected.append((row, record))
        else:
            records.append(record)
            rows.append(row)
    polls = _parse(records)
    at = np.array(rows, np.int64)
    rejected += [(rows[row], reason) for row, reason in polls.rejected]
    return PollColumns(
        polls.store_ids, polls.observations, at[polls.rows], sorted(rejected, key=lambda found: found[0])
    )


def _parse(records: Sequence[PollRecord]) -> PollColumns:
    return parse_polls(
        [record.store_id for record in records],
        [record.status for record in records],
        [record.timestamp_utc for record in records],
    )


def encode_calendar(store_id: str, calendar: StoreCalendar) -> bytes:
    """The record value of a calendar; decode_calendar gives back an equal one."""
    hours = [HoursRecord(rule.day, clock(rule.start), clock(rule.end)) for rule in calendar.hours]
    return _encode(CalendarRecord(store_id, calendar.zone, hours))


def decode_calendar(key: bytes | None, value: bytes | None) -> tuple[str, StoreCalendar | None] | Rejected:
    """The store and its calendar, None for a tombstone; or why the message is refused whole."""
    if key is None:
        return Rejected(Reason.KEY_MISMATCH, "the record has no key")
    if value is None:
        return _tombstoned(key)
    record = _decoded(_decode_calendar, value)
    if isinstance(record, Rejected):
        return record
    store_id = parse_store_id(record.store_id)
    if isinstance(store_id, Rejected):
        return store_id
    if store_id.encode() != key:
        return Rejected(Reason.KEY_MISMATCH, f"key {key[:64]!r}, store_id {store_id[:64]!r}")
    calendar = parse_calendar(record.timezone, ((hours.day, hours.start, hours.end) for hours in record.hours))
    return calendar if isinstance(calendar, Rejected) else (store_id, calendar)


def _tombstoned(key: bytes) -> tuple[str, None] | Rejected:
    try:
        store_id = parse_store_id(key.decode())
    except UnicodeDecodeError:
        return Rejected(Reason.BAD_STORE_ID, repr(key[:64]))
    return store_id if isinstance(store_id, Rejected) else (store_id, None)


def _decoded(decode: Callable[[bytes], _Record], value: bytes | None) -> _Record | Rejected:
    if value is None:
        return Rejected(Reason.MALFORMED_RECORD, "null")
    try:
        return decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Rejected(Reason.MALFORMED_RECORD, str(error))

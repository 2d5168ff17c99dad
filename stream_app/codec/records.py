"""The records of the topics `store-polls`, `store-calendars` and `store-status-changes`, JSON by msgspec.

store-polls      key store_id -> {"store_id": "81399", "status": "active", "timestamp_utc": "2023-01-22T12:09:39Z"}
store-calendars  key store_id -> {"store_id": "81399", "timezone": "America/Denver",
                                  "hours": [{"day": 0, "start": "09:00", "end": "17:30"}]}
                                  further, all optional (see docs/calendars.md):
                                  "versions": [{"effective_from": "2024-01-01T00:00:00Z" or null, "timezone", "hours"}]
                                  in place of timezone and hours,
                                  "exceptions": [{"date": "2024-12-25", "hours": [{"start": "10:00", "end": "14:00"}]}],
                                  "maintenance": [{"from": "2024-03-01T02:00:00Z", "to": "2024-03-01T04:30:00Z"}]}
                 null = a tombstone: back to the defaults
store-status-changes  key store_id -> {"store_id": "81399", "status": "inactive", "since_utc": "2023-01-22T12:09:00Z",
                                       "corrected": false}
                 from that minute on, until the store's next change; of two for one store and minute the later one holds
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from stream_app.domain.calendar_message import ExceptionFields, MaintenanceFields, VersionFields, parse_calendar
from stream_app.domain.poll import ACTIVE, INACTIVE, PollColumns, parse_polls
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.status_changes import StatusChanges
from stream_app.domain.store_calendar import DayHours, StoreCalendar, WeeklyHours, clock
from stream_app.domain.store_id import parse_store_id


class PollRecord(msgspec.Struct, gc=False):
    """One poll as its topic holds it."""

    store_id: str
    status: str
    timestamp_utc: str


class HoursRecord(msgspec.Struct, gc=False):
    """One row of business hours inside a calendar message; local time, as stream_app.domain.clock_time reads it."""

    day: int
    start: str
    end: str


class DayHoursRecord(msgspec.Struct, gc=False):
    """One row of an exception's hours."""

    start: str
    end: str


class VersionRecord(msgspec.Struct, omit_defaults=True):
    """Zone and weekly hours from a UTC time on; null = from ever."""

    effective_from: str | None
    timezone: str | None = None
    hours: list[HoursRecord] = []


class ExceptionRecord(msgspec.Struct):
    """The hours of one local date, in place of the weekly ones; none = closed."""

    date: str
    hours: list[DayHoursRecord]


class MaintenanceRecord(msgspec.Struct, rename={"start": "from", "end": "to"}):
    """Planned maintenance between two UTC times."""

    start: str
    end: str


class CalendarRecord(msgspec.Struct, omit_defaults=True):
    """Everything about one store's calendar, since compaction keeps only the last message of a store."""

    store_id: str
    timezone: str | UnsetType | None = UNSET
    hours: list[HoursRecord] | UnsetType = UNSET
    versions: list[VersionRecord] | UnsetType = UNSET
    exceptions: list[ExceptionRecord] = []
    maintenance: list[MaintenanceRecord] = []


class StatusChangeRecord(msgspec.Struct, gc=False):
    """A store's status from a minute on; `corrected` where it replaces what was said of a time."""

    store_id: str
    status: str
    since_utc: str
    corrected: bool


_STORE_ID = b'{"store_id":'
_STATUS = [b',"status":"%s","since_utc":"' % status.encode() for status in (INACTIVE, ACTIVE)]  # by is_active
_CORRECTED = [b'","corrected":false}', b'","corrected":true}']

_Record = TypeVar("_Record", PollRecord, CalendarRecord, StatusChangeRecord)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_9999 = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH

_encode = msgspec.json.Encoder().encode
_decode_poll = msgspec.json.Decoder(PollRecord).decode
_decode_calendar = msgspec.json.Decoder(CalendarRecord).decode
_decode_status_change = msgspec.json.Decoder(StatusChangeRecord).decode
_UNDECODABLE = (UnicodeDecodeError, RecursionError)  # what msgspec lets through: bytes no UTF-8, a thousand brackets


def encode_polls(store_ids: Sequence[str], observations: NDArray[np.int64]) -> list[bytes]:
    """Record values of polls, one a poll, in the one spelling that every reader takes at full speed."""
    times = np.datetime_as_string((observations >> 1).view("datetime64[us]"), timezone="UTC").tolist()
    statuses = [INACTIVE if is_inactive else ACTIVE for is_inactive in (observations & 1).tolist()]
    return [_encode(PollRecord(*fields)) for fields in zip(store_ids, statuses, times, strict=True)]


def decode_polls(values: Sequence[bytes | None]) -> PollColumns:
    """Record values as polls; `rows` and `rejected` name the records by their place in `values`."""
    try:
        return _parse([_decode_poll(value) for value in values])  # type: ignore[arg-type]  # None raises TypeError
    except (msgspec.MsgspecError, TypeError, *_UNDECODABLE):
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


def encode_status_changes(store_ids: Sequence[str], changes: StatusChanges) -> list[tuple[bytes, bytes]]:
    """Keys and values of the changes' records; their rows count the `store_ids`.

    The values are those of StatusChangeRecord, put together from pieces: a catch-up has hundreds of thousands.
    """
    times = np.datetime_as_string(changes.minute.astype("datetime64[m]"), unit="s", timezone="UTC").astype("S").tolist()
    return [
        (
            store_ids[row].encode(),
            b"".join((_STORE_ID, _encode(store_ids[row]), _STATUS[is_active], time, _CORRECTED[is_corrected])),
        )
        for row, is_active, time, is_corrected in zip(
            changes.row.tolist(), changes.is_active.tolist(), times, changes.is_corrected.tolist(), strict=True
        )
    ]


def decode_status_change(value: bytes | None) -> StatusChangeRecord | Rejected:
    """A record value of `store-status-changes`; Rejected for what encode_status_changes wouldn't write."""
    return _decoded(_decode_status_change, value)


def encode_calendar(store_id: str, calendar: StoreCalendar) -> bytes:
    """The record value of a calendar; decode_calendar gives back an equal one."""
    record = CalendarRecord(
        store_id,
        exceptions=[ExceptionRecord(day.isoformat(), _day_hours(hours)) for day, hours in calendar.exceptions],
        maintenance=[MaintenanceRecord(_utc(start), _utc(end)) for start, end in calendar.maintenance],
    )
    if calendar.later_versions:
        record.versions = [
            VersionRecord(None, None if calendar.assumes_zone else calendar.zone, _weekly_hours(calendar.hours)),
            *(
                VersionRecord(_utc(start), None if assumes_zone else zone, _weekly_hours(hours))
                for start, zone, hours, assumes_zone in calendar.later_versions
            ),
        ]
    else:
        record.timezone = UNSET if calendar.assumes_zone else calendar.zone
        record.hours = _weekly_hours(calendar.hours) or UNSET
    return _encode(record)


def _weekly_hours(hours: Sequence[WeeklyHours]) -> list[HoursRecord]:
    return [HoursRecord(rule.day, clock(rule.start), clock(rule.end)) for rule in hours]


def _day_hours(hours: Sequence[DayHours]) -> list[DayHoursRecord]:
    return [DayHoursRecord(clock(of_day.start), clock(of_day.end)) for of_day in hours]


def _utc(minute: int) -> str:
    """The minute as a time; the end of the year 9999, which has none, as a second that is ceiled to it."""
    return (_EPOCH + min(timedelta(minutes=minute), _END_OF_9999)).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    calendar = _calendar(record)
    return calendar if isinstance(calendar, Rejected) else (store_id, calendar)


def _calendar(record: CalendarRecord) -> StoreCalendar | Rejected:
    versions = _versions(record)
    if isinstance(versions, Rejected):
        return versions
    return parse_calendar(
        versions,
        [ExceptionFields(of.date, [(row.start, row.end) for row in of.hours]) for of in record.exceptions],
        [MaintenanceFields(of.start, of.end) for of in record.maintenance],
    )


def _versions(record: CalendarRecord) -> list[VersionFields] | Rejected:
    """A plain message is a single version from ever."""
    if record.versions is UNSET:
        timezone = None if record.timezone is UNSET else record.timezone
        return [_version(VersionRecord(None, timezone, record.hours or []))]
    if record.timezone is not UNSET or record.hours is not UNSET:
        return Rejected(Reason.MIXED_CALENDAR, f"{len(record.versions)} versions")
    return [_version(version) for version in record.versions]


def _version(of: VersionRecord) -> VersionFields:
    return VersionFields(of.effective_from, of.timezone, [(row.day, row.start, row.end) for row in of.hours])


def _tombstoned(key: bytes) -> tuple[str, None] | Rejected:
    try:
        store_id = parse_store_id(key.decode())
    except UnicodeDecodeError:
        return Rejected(Reason.NOT_UTF8, repr(key[:64]))
    return store_id if isinstance(store_id, Rejected) else (store_id, None)


def _decoded(decode: Callable[[bytes], _Record], value: bytes | None) -> _Record | Rejected:
    if value is None:
        return Rejected(Reason.MALFORMED_RECORD, "null")
    try:
        return decode(value)
    except (msgspec.MsgspecError, *_UNDECODABLE) as error:
        return Rejected(Reason.MALFORMED_RECORD, str(error))

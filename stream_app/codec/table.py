r"""The layout of the table `store-state`: its keys, and the bytes of its values.

    \0partition            what holds for the partition as a whole: PartitionMeta, JSON
    \0calendar/<store id>  the store's calendar, JSON of domain.store_calendar.StoreCalendar
    <store id>             the store's polls and minute buckets, binary, little-endian:

    header   version u8 | reserved u8 | entries u16 | up u16 | down u16 | first u32 | span u16 | carry i64
    entries  6 bytes each: minute from `first` (21 bits) | microsecond in the minute (26) | is_inactive (1), ascending
    up       the runs of minutes inside business hours in which the store was up: start u16, end u16, from `first`
    down     the same for down

`first` is in minutes since the epoch, `span` in minutes; the runs hold for first <= minute < first + span. The carry is
the greatest observation before `first`, -1 for none. Store ids have no control characters, so no id begins with \0;
Faust's own key `__faust\0offset__` has one inside and is no id either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.domain.store_state import (
    NO_POLL,
    ROW_SHIFT,
    Buckets,
    Observations,
    RetainedRange,
    StoreStates,
    fold,
    observations_of,
)
from stream_app.errors import StateError

FORMAT_VERSION = 1

META_KEY = b"\0partition"
CALENDAR_PREFIX = b"\0calendar/"
FAUST_OFFSET_KEY = b"__faust\0offset__"

_HEADER = np.dtype(
    [
        ("version", "u1"),
        ("reserved", "u1"),
        ("entries", "<u2"),
        ("up", "<u2"),
        ("down", "<u2"),
        ("first", "<u4"),
        ("span", "<u2"),
        ("carry", "<i8"),
    ]
)
_ENTRY_BYTES, _RUN_BYTES = 6, 4
_ENTRY_MASK = np.uint64((1 << ROW_SHIFT) - 1)


_decode_calendar = msgspec.json.Decoder(StoreCalendar).decode


class PartitionMeta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for a partition as a whole, written in every checkpoint.

    `positions` maps each source topic to the consumer's position: every record below it is in the state.
    `stream_time` is the greatest poll time taken in, microseconds since the epoch, None before the first poll.
    `retained_from` is the first minute of the retained range; it never goes back, also where the retention grows.
    """

    positions: dict[str, int]
    stream_time: int | None = None
    retained_from: int | None = None
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class StoredBuckets:
    """Minute buckets of n stores as they were stored, each over a range of its own.

    `first` and `end` (int64, n) are minutes since the epoch; `last` (int64, n) is the newest observation or NO_POLL;
    `polls` (int64, n) counts the retained polls.
    """

    buckets: Buckets
    first: NDArray[np.int64]
    end: NDArray[np.int64]
    last: Observations
    polls: NDArray[np.int64]


def calendar_key(store_id: str) -> bytes:
    """Where a store's calendar stands in the table."""
    return CALENDAR_PREFIX + store_id.encode()


def is_store_key(key: bytes) -> bool:
    """Whether a key of the table is a store's own, rather than the service's or Faust's."""
    return not key.startswith(b"\0") and key != FAUST_OFFSET_KEY


def encode_meta(meta: PartitionMeta) -> bytes:
    """The value of META_KEY."""
    return msgspec.json.encode(meta)


def decode_meta(value: bytes | None) -> PartitionMeta:
    """The partition's meta; of a database that has none yet, that of an empty partition.

    Raises StateError where it was written by another version of the service.
    """
    if value is None:
        return PartitionMeta({})
    try:
        meta = msgspec.json.decode(value, type=PartitionMeta)
    except msgspec.MsgspecError as error:
        message = f"the partition's meta {value[:200]!r} is unreadable ({error}): is this a store-monitor table?"
        raise StateError(message) from error
    _check_version(meta.format_version)
    return meta


def encode_calendar(calendar: StoreCalendar) -> bytes:
    """The value at calendar_key."""
    return msgspec.json.encode(calendar)


def decode_calendar(value: bytes) -> StoreCalendar:
    """The calendar at calendar_key; it was valid when it was written."""
    return _decode_calendar(value)


def encode_states(states: StoreStates, buckets: Buckets) -> list[bytes]:
    """The value of each store, in row order."""
    count, first = len(states), states.retained.first
    entries = (states.entries & _ENTRY_MASK).astype("<u8").view(np.uint8).reshape(-1, 8)[:, :_ENTRY_BYTES].tobytes()
    header = np.zeros(count, _HEADER)
    header["version"], header["carry"] = FORMAT_VERSION, states.carry
    header["first"], header["span"] = first, states.retained.end - first
    header["entries"] = np.bincount(states.entry_rows, minlength=count)
    header["up"] = np.bincount(buckets.up.rows, minlength=count)
    header["down"] = np.bincount(buckets.down.rows, minlength=count)
    parts = [
        _slices(header.tobytes(), np.full(count, _HEADER.itemsize)),
        _slices(entries, header["entries"].astype(np.int64) * _ENTRY_BYTES),
        _slices(_run_bytes(buckets.up, first), header["up"].astype(np.int64) * _RUN_BYTES),
        _slices(_run_bytes(buckets.down, first), header["down"].astype(np.int64) * _RUN_BYTES),
    ]
    return [b"".join(of_store) for of_store in zip(*parts, strict=True)]


def decode_states(values: Sequence[bytes | None], retained: RetainedRange) -> StoreStates:
    """The stores' polls under the range `retained`, whatever range each value was stored under; None = no polls yet."""
    stored = [(row, value) for row, value in enumerate(values) if value is not None]
    rows = np.fromiter((row for row, _ in stored), np.int64, len(stored))
    header = _headers([value for _, value in stored])
    carry = np.full(len(values), NO_POLL, np.int64)
    carry[rows] = header["carry"]
    counts = header["entries"].astype(np.int64)
    ends = _HEADER.itemsize + counts * _ENTRY_BYTES
    packed = b"".join([value[_HEADER.itemsize : end] for (_, value), end in zip(stored, ends.tolist(), strict=True)])
    entries, row = _unpacked(packed), np.repeat(rows, counts)
    if (header["first"] == retained.first).all():
        return StoreStates(retained, carry, entries | row.astype(np.uint64) << np.uint64(ROW_SHIFT))
    observations = observations_of(entries, np.repeat(header["first"].astype(np.int64), counts))
    return fold(StoreStates(retained, carry, np.empty(0, np.uint64)), row, observations)


def decode_buckets(values: Sequence[bytes]) -> StoredBuckets:
    """What a report or a live query needs of the values: the buckets, their ranges and the last observations."""
    header = _headers(values)
    entries, up, down = (header[name].astype(np.int64) for name in ("entries", "up", "down"))
    first = header["first"].astype(np.int64)
    up_at = _HEADER.itemsize + entries * _ENTRY_BYTES
    down_at = up_at + up * _RUN_BYTES
    ends = down_at + down * _RUN_BYTES
    return StoredBuckets(
        Buckets(_runs(values, up_at, down_at, up, first), _runs(values, down_at, ends, down, first)),
        first,
        first + header["span"],
        _last_observations(values, header, up_at),
        entries,
    )


def _last_observations(values: Sequence[bytes], header: NDArray[np.void], end: NDArray[np.int64]) -> Observations:
    """The last entry of each value, whose entries stop at byte `end`; the carry where there is none."""
    packed = b"".join([value[stop - _ENTRY_BYTES : stop] for value, stop in zip(values, end.tolist(), strict=True)])
    newest = observations_of(_unpacked(packed), header["first"].astype(np.int64))
    return np.where(header["entries"] > 0, newest, header["carry"])


def _unpacked(packed: bytes) -> NDArray[np.uint64]:
    """Entries of six bytes each as integers."""
    wide = np.zeros((len(packed) // _ENTRY_BYTES, 8), np.uint8)
    wide[:, :_ENTRY_BYTES] = np.frombuffer(packed, np.uint8).reshape(-1, _ENTRY_BYTES)
    return wide.view("<u8").ravel().astype(np.uint64, copy=False)


def _run_bytes(of: Runs, first: int) -> bytes:
    within = np.stack((of.start, of.end), axis=1) - (of.rows * AXIS + first)[:, None]
    return within.astype("<u2").tobytes()


def _runs(
    values: Sequence[bytes], start: NDArray[np.int64], end: NDArray[np.int64], counts: NDArray[np.int64], first: Minutes
) -> Runs:
    """The runs that stand in bytes start..end of each value, on the axis."""
    packed = b"".join([value[a:b] for value, a, b in zip(values, start.tolist(), end.tolist(), strict=True)])
    within = np.frombuffer(packed, "<u2").reshape(-1, 2).astype(np.int64)
    rows = np.repeat(np.arange(len(values)), counts)
    base = rows * AXIS + first[rows]
    return Runs(base + within[:, 0], base + within[:, 1])


def _slices(packed: bytes, lengths: NDArray[np.int64]) -> list[bytes]:
    """The bytes cut into pieces of these lengths."""
    ends = np.cumsum(lengths).tolist()
    return [packed[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _headers(values: Sequence[bytes]) -> NDArray[np.void]:
    size = _HEADER.itemsize
    header = np.frombuffer(b"".join([value[:size] for value in values]), _HEADER)
    for version in np.unique(header["version"]).tolist():
        _check_version(version)
    return header


def _check_version(found: int) -> None:
    if found != FORMAT_VERSION:
        message = (
            f"the state table is in format {found}, this version of store-monitor reads format {FORMAT_VERSION}: "
            "use the version that wrote it, or a new state directory and consumer group"
        )
        raise StateError(message)

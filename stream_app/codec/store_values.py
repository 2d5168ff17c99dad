"""The value of a store in the table: its polls and its minute buckets, binary, little-endian.

    header   version u8 | flags u8 | entries u16 | up u16 | down u16 | first u32 | span u16 | carry i64
    entries  6 bytes each: minute from `first` (21 bits) | microsecond in the minute (26) | is_inactive (1), ascending
    up       the runs of minutes inside business hours in which the store was up: start u16, end u16, from `first`
    down     the same for down

`first` is in minutes since the epoch, `span` in minutes; the runs hold for first <= minute < first + span. The carry is
the greatest observation before `first`, -1 for none. Flag 1 says that the value has no runs, because it was written
while the worker was behind: whoever needs them derives them from the entries and the store's calendar.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.codec.table import FORMAT_VERSION, check_version
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.runs import AXIS, Minutes, Runs
from stream_app.domain.store_state import (
    MINUTE_BITS,
    NO_POLL,
    ROW_SHIFT,
    WITHIN_BITS,
    Buckets,
    Observations,
    RetainedRange,
    StoreStates,
    fold,
    observations_of,
)
from stream_app.errors import StateError

_HEADER = np.dtype(
    [
        ("version", "u1"),
        ("flags", "u1"),
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
_OBSERVATIONS_PER_MINUTE = 2 * MICROS_PER_MINUTE
_FLAGS_AT, _UNDERIVED = 1, 1
_ENTRIES_AT, _NO_ENTRIES = slice(2, 4), b"\0\0"
_REBUILD = "the worker rebuilds its tables from the changelog once its data directory is deleted"

# What a store without a value of its own, known from its calendar alone, has in place of one.
NO_POLLS_VALUE = np.array([(FORMAT_VERSION, 0, 0, 0, 0, 0, 0, NO_POLL)], _HEADER).tobytes()


@dataclass(frozen=True, slots=True)
class StoredBuckets:
    """Minute buckets of n stores as they were stored, each over a range of its own.

    `first` and `end` (int64, n) are minutes since the epoch; `last` (int64, n) is the newest observation or NO_POLL;
    `polls` (int64, n) counts the retained polls. Where `is_derived` (bool, n) is false the store has no buckets yet.
    """

    buckets: Buckets
    first: NDArray[np.int64]
    end: NDArray[np.int64]
    last: Observations
    polls: NDArray[np.int64]
    is_derived: NDArray[np.bool_]


def encode_states(states: StoreStates, buckets: Buckets | None) -> list[bytes]:
    """The value of each store, in row order; without buckets each is marked to have none."""
    count, first = len(states), states.retained.first
    entries = (states.entries & _ENTRY_MASK).astype("<u8").view(np.uint8).reshape(-1, 8)[:, :_ENTRY_BYTES].tobytes()
    header = np.zeros(count, _HEADER)
    header["version"], header["flags"] = FORMAT_VERSION, _UNDERIVED if buckets is None else 0
    header["carry"] = states.carry
    header["first"], header["span"] = first, states.retained.end - first
    header["entries"] = np.bincount(states.entry_rows, minlength=count)
    parts = [_slices(entries, header["entries"].astype(np.int64) * _ENTRY_BYTES)]
    for name, of in () if buckets is None else (("up", buckets.up), ("down", buckets.down)):
        header[name] = np.bincount(of.rows, minlength=count)
        parts.append(_slices(_run_bytes(of, first), header[name].astype(np.int64) * _RUN_BYTES))
    headers = _slices(header.tobytes(), np.full(count, _HEADER.itemsize))
    return [b"".join(of_store) for of_store in zip(headers, *parts, strict=True)]


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
    _check_entries(entries, np.repeat(header["span"], counts), row)
    if (header["first"] == retained.first).all():
        return StoreStates(retained, carry, entries | row.astype(np.uint64) << np.uint64(ROW_SHIFT))
    observations = observations_of(entries, np.repeat(header["first"].astype(np.int64), counts))
    if len(observations) and observations.max() // _OBSERVATIONS_PER_MINUTE >= retained.first + (1 << MINUTE_BITS):
        raise StateError(f"a stored value has polls past the range from minute {retained.first} on; {_REBUILD}")
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
        header["flags"] & _UNDERIVED == 0,
    )


def has_buckets(value: bytes) -> bool:
    """Whether the buckets of a stored value are derived, told from its header alone."""
    return not value[_FLAGS_AT] & _UNDERIVED


def count_polls(values: Sequence[bytes]) -> int:
    """How many polls sound values hold, told from their headers alone; the carry isn't counted."""
    return int(np.frombuffer(b"".join([value[_ENTRIES_AT] for value in values]), "<u2").sum(dtype=np.int64))


def poll_range(values: Sequence[bytes]) -> tuple[int, int] | None:
    """The first and the last observation that sound values hold, None for none; the carry isn't among them."""
    held = [value for value in values if value[_ENTRIES_AT] != _NO_ENTRIES]
    if not held:
        return None
    size = _HEADER.itemsize
    header = np.frombuffer(b"".join([value[:size] for value in held]), _HEADER)
    packed = b"".join([value[size : size + _ENTRY_BYTES] for value in held])
    first = observations_of(_unpacked(packed), header["first"].astype(np.int64))
    last = _last_observations(held, header, size + header["entries"].astype(np.int64) * _ENTRY_BYTES)
    return int(first.min()), int(last.max())


def wider(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The range of both."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


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
    """The runs that stand in bytes start..end of each value, on the axis; raises StateError where they are none."""
    packed = b"".join([value[a:b] for value, a, b in zip(values, start.tolist(), end.tolist(), strict=True)])
    within = np.frombuffer(packed, "<u2").reshape(-1, 2).astype(np.int64)
    rows = np.repeat(np.arange(len(values)), counts)
    base = rows * AXIS + first[rows]
    found = Runs(base + within[:, 0], base + within[:, 1])
    if (found.start >= found.end).any() or (found.start[1:] < found.end[:-1]).any():
        raise StateError(f"a stored value has minute buckets out of order; {_REBUILD}")
    return found


def _slices(packed: bytes, lengths: NDArray[np.int64]) -> list[bytes]:
    """The bytes cut into pieces of these lengths."""
    ends = np.cumsum(lengths).tolist()
    return [packed[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _check_entries(entries: NDArray[np.uint64], spans: NDArray[np.uint16], row: NDArray[np.int64]) -> None:
    """Raises StateError where entries lie outside their value's span, or aren't ascending."""
    same_row = row[1:] == row[:-1]
    if (entries >> np.uint64(WITHIN_BITS) >= spans).any() or (entries[1:][same_row] <= entries[:-1][same_row]).any():
        raise StateError(f"a stored value has polls out of its range or out of order; {_REBUILD}")


def _headers(values: Sequence[bytes]) -> NDArray[np.void]:
    """The values' headers; raises StateError where a value isn't as long as its header says."""
    size = _HEADER.itemsize
    if any(len(value) < size for value in values):
        raise StateError(f"a stored value is shorter than its header of {size} bytes; {_REBUILD}")
    header = np.frombuffer(b"".join([value[:size] for value in values]), _HEADER)
    for version in np.unique(header["version"]).tolist():
        check_version(version)
    run_counts = header["up"].astype(np.int64) + header["down"]
    lengths = size + header["entries"].astype(np.int64) * _ENTRY_BYTES + run_counts * _RUN_BYTES
    is_whole = lengths == np.fromiter(map(len, values), np.int64, len(values))
    first = header["first"].astype(np.int64) * _OBSERVATIONS_PER_MINUTE
    is_marked = (header["flags"] == 0) | (header["flags"] == _UNDERIVED) & (run_counts == 0)
    is_sound = is_whole & is_marked & (header["carry"] >= NO_POLL) & (header["carry"] < np.maximum(first, 0))
    if not is_sound.all():
        value = values[int(np.argmin(is_sound))]
        raise StateError(f"a stored value of {len(value)} bytes is damaged ({value[:size]!r}); {_REBUILD}")
    return header

"""Polls: one store's status at one UTC instant, and how a row or a whole column of them is read.

An *observation* is a poll's instant and status in one integer, `microseconds since the epoch * 2 + is_inactive`.
Its order is the rule of the domain: of two polls the later one wins, of two at the same microsecond `inactive`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import store_id as store_ids
from stream_app.domain.canonical_times import canonical_micros
from stream_app.domain.instant import parse_time
from stream_app.domain.rejection import Reason, Rejected

ACTIVE, INACTIVE = "active", "inactive"
MICROS_PER_MINUTE = 60_000_000

# The spellings of whole files; a column of nothing else is read by numpy at once. In the order of their removal.
_USUAL_OFFSETS = (" UTC", "Z")
_USUAL_OFFSETS_WITH_A_SIGN = (" +00:00", "+00:00", " +0000", "+0000", " +00", "+00")
_USUAL_TIMES = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?: UTC|Z| ?\+00(?::?00)?)?\n)++"
)
_SLICE = 1000  # rows; where a column has an odd row, only its slice is read row by row


@dataclass(frozen=True, slots=True)
class PollColumns:
    """Polls that were taken, column by column, all of the same length, and the rows that were not.

    `rows` (int64) are the positions in the input that each poll came from; `rejected` pairs the others with the reason.
    """

    store_ids: list[str]
    observations: NDArray[np.int64]
    rows: NDArray[np.int64]
    rejected: list[tuple[int, Rejected]]


def observation(micros: int, *, is_active: bool) -> int:
    """One poll as the integer whose order decides which of two wins."""
    return micros * 2 + (not is_active)


def parse_poll(store_id: str, status: str, timestamp: str) -> tuple[str, int] | Rejected:
    """The store id and the observation of one row, or why it is not a poll."""
    parsed_id = store_ids.parse_store_id(store_id)
    if isinstance(parsed_id, Rejected):
        return parsed_id
    if (stripped := status.strip(" ")) not in {ACTIVE, INACTIVE}:
        return Rejected(Reason.UNKNOWN_STATUS if stripped else Reason.MISSING_VALUE, f"status {status[:64]!r}")
    if not timestamp.strip(" "):
        return Rejected(Reason.MISSING_VALUE, f"timestamp {timestamp[:64]!r}")
    micros = parse_time(timestamp)
    if isinstance(micros, Rejected):
        return micros
    return parsed_id, observation(micros, is_active=stripped == ACTIVE)


def parse_polls(ids: Sequence[str], statuses: Sequence[str], timestamps: Sequence[str]) -> PollColumns:
    """Three columns of equal length as polls: at C speed where the rows are spelled as usual, else row by row."""
    if not ids:
        return PollColumns([], np.empty(0, np.int64), np.empty(0, np.int64), [])
    usual = usual_observations(statuses, timestamps)
    if usual is not None and store_ids.are_plain(ids):
        return PollColumns(list(ids), usual, np.arange(len(ids)), [])
    if len(ids) <= _SLICE:
        return _parse_row_by_row(ids, statuses, timestamps)
    starts = range(0, len(ids), _SLICE)
    return _concatenated([_parse_slice(ids, statuses, timestamps, at) for at in starts])


def usual_observations(statuses: Sequence[str], timestamps: Sequence[str]) -> NDArray[np.int64] | None:
    """Observations of a column in the usual spellings; None where any row has to be looked at by itself."""
    if not set(statuses) <= {ACTIVE, INACTIVE}:
        return None
    micros = canonical_micros(timestamps)
    if micros is None:
        micros = _usual_micros(timestamps)
    return None if micros is None else micros * 2 + np.array([status == INACTIVE for status in statuses], np.int64)


def _usual_micros(timestamps: Sequence[str]) -> NDArray[np.int64] | None:
    text = "\n".join(timestamps)
    if not _USUAL_TIMES.fullmatch(text + "\n"):
        return None
    for offset in (*_USUAL_OFFSETS, *(_USUAL_OFFSETS_WITH_A_SIGN if "+" in text else ())):
        text = text.replace(offset, "")
    try:
        times = np.array(text.split("\n"), "datetime64[us]")
    except ValueError:  # a date such as February 30
        return None
    micros = times.view(np.int64)
    if micros.min() < 0 or len(micros) != len(timestamps):  # one of them had a line break inside
        return None
    return micros


def _parse_slice(ids: Sequence[str], statuses: Sequence[str], timestamps: Sequence[str], start: int) -> PollColumns:
    """The slice that begins at row `start`, with its rows counted as those of the whole columns."""
    end = start + _SLICE
    part = parse_polls(ids[start:end], statuses[start:end], timestamps[start:end])
    rejected = [(start + row, reason) for row, reason in part.rejected]
    return PollColumns(part.store_ids, part.observations, part.rows + start, rejected)


def _concatenated(parts: Sequence[PollColumns]) -> PollColumns:
    return PollColumns(
        [store_id for part in parts for store_id in part.store_ids],
        np.concatenate([part.observations for part in parts]),
        np.concatenate([part.rows for part in parts]),
        [refused for part in parts for refused in part.rejected],
    )


def _parse_row_by_row(ids: Sequence[str], statuses: Sequence[str], timestamps: Sequence[str]) -> PollColumns:
    taken: list[str] = []
    observations: list[int] = []
    rows: list[int] = []
    rejected: list[tuple[int, Rejected]] = []
    for row, (store_id, status, timestamp) in enumerate(zip(ids, statuses, timestamps, strict=True)):
        parsed = parse_poll(store_id, status, timestamp)
        if isinstance(parsed, Rejected):
            rejected.append((row, parsed))
        else:
            taken.append(parsed[0])
            observations.append(parsed[1])
            rows.append(row)
    return PollColumns(taken, np.array(observations, np.int64), np.array(rows, np.int64), rejected)


def reject_future(polls: PollColumns, seen_at: NDArray[np.int64], max_future_micros: int) -> PollColumns:
    """The same polls without those further ahead than allowed of when each was seen.

    `seen_at` (int64, one a poll) and `max_future_micros` are in microseconds. To the worker it is the time that the
    broker gave the record, so that reading the topic again decides the same; to whoever sends polls, its own clock.
    """
    ahead = (polls.observations >> 1) - seen_at

    def why(at: int) -> Rejected:
        return Rejected(Reason.FUTURE_POLL, f"{int(ahead[at]) / 1_000_000:.1f} s ahead")

    return without(polls, ahead > max_future_micros, why)


def without(polls: PollColumns, is_refused: NDArray[np.bool_], why: Callable[[int], Rejected]) -> PollColumns:
    """The same polls with some of them refused, `why` being asked by the place of each."""
    if not is_refused.any():
        return polls
    refused = [(int(polls.rows[at]), why(at)) for at in np.flatnonzero(is_refused).tolist()]
    kept = np.flatnonzero(~is_refused)
    return PollColumns(
        [polls.store_ids[at] for at in kept.tolist()],
        polls.observations[kept],
        polls.rows[kept],
        sorted([*polls.rejected, *refused], key=lambda found: found[0]),
    )

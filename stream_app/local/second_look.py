"""Whether what a dead letter holds would be taken today, and the record that would carry it; nothing is sent here."""

import io
from dataclasses import dataclass
from enum import StrEnum

import msgspec
import numpy as np

from producers.csv_rows import read_rows
from stream_app.codec.records import decode_calendar, decode_polls, encode_polls
from stream_app.dead_letters import DeadLetter, FileSource, RecordSource, RowLayout
from stream_app.domain.poll import PollColumns, parse_polls, reject_future
from stream_app.domain.rejection import Reason, Rejected
from stream_app.topics import Topics

_POLL_COLUMNS = ("store_id", "status", "timestamp_utc")


class WhyKept(StrEnum):
    """Why a letter stays without having been tried."""

    CUT = "only the beginning of the input is kept: send it again from where it came"
    PART_OF_A_CALENDAR = "a row of hours or zones is only a part of its store's calendar: replay the files again"
    UNKNOWN_COLUMNS = "the letter doesn't say which column is which: replay the file again"
    FOREIGN = "it came from a topic that isn't one of this service's"
    NEWER_CALENDAR = "the store has a newer calendar, which an older one must not replace"
    FAR_AHEAD = "it stands far ahead of the rest of its file: --allow-jump sends it, where its time is right"
    DAMAGED = "the letter's own base64 can't be read"


@dataclass(frozen=True, slots=True)
class Sendable:
    """What the letter holds is valid now: the record that brings it back."""

    topic: str
    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The time by which a poll is in the future, and how far it may be, both in microseconds.

    `allow_jump` lets polls through that stood far ahead of the rest of their file.
    """

    now: int
    max_future: int
    allow_jump: bool = False


class _Named(msgspec.Struct):
    store_id: str


def look_again(letter: DeadLetter, topics: Topics, limits: Limits) -> Sendable | Rejected | WhyKept:
    """Validate a letter's input as it would be if it arrived now."""
    if letter.is_cut:
        return WhyKept.CUT
    if letter.reason == Reason.FAR_AHEAD_OF_THE_REST and not limits.allow_jump:
        return WhyKept.FAR_AHEAD
    try:
        raw, key = letter.raw_input, letter.record_key
    except ValueError:
        return WhyKept.DAMAGED
    value = None if letter.is_null else raw
    if isinstance(letter.source, FileSource):
        return _of_row(letter.layout, raw, topics, limits)
    return _of_record(letter.source, key, value, topics, limits)


def _of_row(layout: RowLayout | None, raw: bytes, topics: Topics, limits: Limits) -> Sendable | Rejected | WhyKept:
    if layout is None:
        return WhyKept.UNKNOWN_COLUMNS
    if layout.kind != "polls":
        return WhyKept.PART_OF_A_CALENDAR
    if not layout.columns.keys() >= set(_POLL_COLUMNS):
        return WhyKept.UNKNOWN_COLUMNS
    lines = io.StringIO(raw.decode("utf-8", "surrogateescape"), newline="")
    cells = next((rows.cells[0] for rows in read_rows(lines, separator=layout.separator)), [])
    places = [layout.columns[name] for name in _POLL_COLUMNS]
    store_id, status, time = (cells[place] if 0 <= place < len(cells) else "" for place in places)
    polls = _not_ahead(parse_polls([store_id.strip(" ")], [status], [time]), limits)
    if polls.rejected:
        return polls.rejected[0][1]
    return Sendable(topics.polls, polls.store_ids[0].encode(), encode_polls(polls.store_ids, polls.observations)[0])


def _of_record(
    source: RecordSource, key: bytes | None, value: bytes | None, topics: Topics, limits: Limits
) -> Sendable | Rejected | WhyKept:
    if source.topic == topics.polls:
        polls = _not_ahead(decode_polls([value]), limits)
        return polls.rejected[0][1] if polls.rejected else Sendable(topics.polls, polls.store_ids[0].encode(), value)
    if source.topic != topics.calendars:
        return WhyKept.FOREIGN
    decoded = decode_calendar(key, value)
    if isinstance(decoded, Rejected) and decoded.reason is Reason.KEY_MISMATCH and value is not None:
        decoded = decode_calendar(_named_key(value), value)
    return decoded if isinstance(decoded, Rejected) else Sendable(topics.calendars, decoded[0].encode(), value)


def _not_ahead(polls: PollColumns, limits: Limits) -> PollColumns:
    return reject_future(polls, np.full(len(polls.observations), limits.now), limits.max_future)


def _named_key(value: bytes) -> bytes:
    """The key that a calendar message should have had; any bytes where it names no store."""
    try:
        return msgspec.json.decode(value, type=_Named).store_id.strip(" ").encode("utf-8", "replace")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return b""

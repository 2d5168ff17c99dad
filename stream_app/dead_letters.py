"""Dead letters: every row or record that was refused, whole, with the reason and the place it came from.

The topic is compacted and the key is the source position, so that a replay of the same input leaves no second one.
"""

import base64
from datetime import UTC, datetime
from typing import Literal
from zlib import crc32

import msgspec

from stream_app.domain.rejection import Rejected


class FileSource(msgspec.Struct, frozen=True, tag="file", tag_field="kind"):
    """A row of an input file; rows are counted from 1, the header being row 1."""

    file: str
    row: int


class RecordSource(msgspec.Struct, frozen=True, tag="record", tag_field="kind"):
    """A record of a topic."""

    topic: str
    partition: int
    offset: int


Source = FileSource | RecordSource


class DeadLetter(msgspec.Struct, frozen=True):
    """One refused input: code, human sentence, source, the raw bytes as text or base64, and when (UTC, ISO 8601)."""

    reason: str
    sentence: str
    source: Source
    raw: str
    encoding: Literal["utf-8", "base64"]
    time: str


def dead_letter(rejected: Rejected, source: Source, raw: bytes, at_s: float) -> tuple[bytes, bytes]:
    """Key and value of the record for `store-polls-dead`; `at_s` is in seconds since the epoch."""
    text, encoding = _as_text(raw)
    time = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
    letter = DeadLetter(rejected.reason.value, rejected.sentence, source, text, encoding, time)
    return _key(source, raw), msgspec.json.encode(letter)


def decode_dead_letter(value: bytes) -> DeadLetter:
    """A dead letter's record value; raises msgspec.MsgspecError where it is none."""
    return msgspec.json.decode(value, type=DeadLetter)


def _key(source: Source, raw: bytes) -> bytes:
    if isinstance(source, RecordSource):
        return f"{source.topic}/{source.partition}/{source.offset}".encode()
    # Files of one name may hold different rows on another day: the row's bytes tell them apart.
    return f"{source.file}/{source.row}/{crc32(raw):08x}".encode()


def _as_text(raw: bytes) -> tuple[str, Literal["utf-8", "base64"]]:
    try:
        return raw.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), "base64"

"""Dead letters: every row or record that was refused, whole, with the reason and the place it came from.

The topic is compacted and the key is the source position, so that a replay of the same input leaves no second one.
"""

import base64
from datetime import UTC, datetime
from typing import Literal, TypeAlias, get_args
from zlib import crc32

import msgspec

from stream_app.domain.rejection import Rejected

MAX_RAW_BYTES = 64 << 10
"""A letter holds no more of its input, lest it outgrow a batch: JSON's escapes make up to six bytes of one."""

_MAX_KEY_BYTES = 1024
_MAX_SENTENCE = 1024
_END_OF_TIME_S = 253_402_300_799  # the last second of 9999, past which datetime has no dates


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
DeadLetterItem = tuple[bytes, bytes]  # key and value of a record for the dead letters' topic


Separator: TypeAlias = Literal[",", ";", "\t", "|"]
SEPARATORS: tuple[Separator, ...] = get_args(Separator)


class RowLayout(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to read a file's row again: its kind, the place (from 0) of each column that kind needs, its separator."""

    kind: Literal["polls", "hours", "zones"]
    columns: dict[str, int]
    separator: Separator = ","


class RecordKey(msgspec.Struct, frozen=True):
    """A record's key; `bytes` is its whole length, where `text` holds its beginning."""

    text: str
    encoding: Literal["utf-8", "base64"]
    bytes: int


class DeadLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One refused input: code, human sentence, source, the raw bytes as text or base64, and when (UTC, ISO 8601).

    `raw_bytes` is the length of the whole input where `raw` holds only its first MAX_RAW_BYTES. `key` is the record's,
    None where it has none; `is_null` tells a record without a value from one with an empty one. `layout` is a file's.
    Letters that were written before these fields existed lack them.
    """

    reason: str
    sentence: str
    source: Source
    raw: str
    encoding: Literal["utf-8", "base64"]
    time: str
    raw_bytes: int | None = None
    is_null: bool = False
    key: RecordKey | None = None
    layout: RowLayout | None = None

    @property
    def is_cut(self) -> bool:
        """Whether `raw` is only the beginning of the input."""
        return self.raw_bytes is not None

    @property
    def raw_input(self) -> bytes:
        """The input's bytes, as far as they are kept; raises ValueError where they are no base64."""
        return _as_bytes(self.raw, self.encoding)

    @property
    def record_key(self) -> bytes | None:
        """The bytes of the record's key; None where it had none, or one too long to be kept."""
        if self.key is None or self.key.bytes > _MAX_KEY_BYTES:
            return None
        return _as_bytes(self.key.text, self.key.encoding)


def row_letter(
    rejected: Rejected, source: FileSource, raw: bytes, at_s: float, layout: RowLayout | None
) -> tuple[bytes, bytes]:
    """Key and value of the letter of a file's row; `at_s` is in seconds since the epoch."""
    # Files of one name may hold different rows on another day: the row's bytes tell them apart.
    source = FileSource(_encodable(source.file), source.row)
    key = f"{source.file}/{source.row}/{crc32(raw):08x}"
    return key.encode(), msgspec.json.encode(_letter(rejected, source, raw, at_s, layout=layout))


def record_letter(
    rejected: Rejected, source: RecordSource, key: bytes | None, value: bytes | None, at_s: float
) -> tuple[bytes, bytes]:
    """Key and value of the letter of a record with this key and value; `at_s` is in seconds since the epoch."""
    letter = _letter(rejected, source, value or b"", at_s, is_null=value is None, key=key)
    return f"{source.topic}/{source.partition}/{source.offset}".encode(), msgspec.json.encode(letter)


def decode_dead_letter(value: bytes) -> DeadLetter:
    """A dead letter's record value; raises msgspec.MsgspecError where it is none."""
    return msgspec.json.decode(value, type=DeadLetter)


def _letter(
    rejected: Rejected,
    source: Source,
    raw: bytes,
    at_s: float,
    *,
    is_null: bool = False,
    key: bytes | None = None,
    layout: RowLayout | None = None,
) -> DeadLetter:
    text, encoding = _as_text(raw, MAX_RAW_BYTES)
    time = datetime.fromtimestamp(min(max(at_s, 0.0), _END_OF_TIME_S), UTC).isoformat(timespec="milliseconds")
    return DeadLetter(
        rejected.reason.value,
        _encodable(rejected.sentence[:_MAX_SENTENCE]),
        source,
        text,
        encoding,
        time,
        raw_bytes=len(raw) if len(raw) > MAX_RAW_BYTES else None,
        is_null=is_null,
        key=None if key is None else RecordKey(*_as_text(key, _MAX_KEY_BYTES), len(key)),
        layout=layout,
    )


def _as_text(raw: bytes, limit: int) -> tuple[str, Literal["utf-8", "base64"]]:
    """The first `limit` bytes; where the cut falls into a character of UTF-8, that one goes too."""
    cut = raw[:limit]
    try:
        return cut.decode(), "utf-8"
    except UnicodeDecodeError as error:
        if len(raw) > limit and error.start > limit - 4 and error.reason == "unexpected end of data":
            return cut[: error.start].decode(), "utf-8"
        return base64.b64encode(cut).decode(), "base64"


def _as_bytes(text: str, encoding: str) -> bytes:
    return base64.b64decode(text, validate=True) if encoding == "base64" else text.encode()


def _encodable(text: str) -> str:
    """Without lone surrogates, which a file name that is no UTF-8 has and JSON can't."""
    return text.encode("utf-8", "backslashreplace").decode()

"""Store ids: data, never interpreted."""

import unicodedata
from collections.abc import Sequence

from stream_app.domain.rejection import Reason, Rejected

MAX_BYTES = 256

_FIRST_OF_BYTES = 0xDC80  # Python's error handler surrogateescape adds 0xDC00 to the byte
_LONGEST_SAFE = MAX_BYTES // 4  # characters; UTF-8 takes at most four bytes for one


def parse_store_id(text: str) -> str | Rejected:
    """The id with the spaces around it stripped, or why it isn't one (1-256 bytes of UTF-8, no control character)."""
    store_id = text.strip(" ")
    if not store_id:
        return Rejected(Reason.EMPTY_STORE_ID, repr(text))
    if lost := next((character for character in store_id if "\ud800" <= character <= "\udfff"), None):
        return Rejected(Reason.NOT_UTF8, f"{text[:MAX_BYTES]!r} {_undecoded(ord(lost))}")
    if any(unicodedata.category(character) == "Cc" for character in store_id):
        return Rejected(Reason.BAD_STORE_ID, repr(text[:MAX_BYTES]))
    if len(store_id.encode()) > MAX_BYTES:
        return Rejected(Reason.BAD_STORE_ID, f"{len(store_id.encode())} bytes, starting with {store_id[:40]!r}")
    return store_id


def _undecoded(surrogate: int) -> str:
    """Where a lone surrogate comes from: a byte that is no UTF-8 is kept as one of the last 128."""
    if surrogate < _FIRST_OF_BYTES:
        return "has half a character of UTF-16"
    return f"has the byte {surrogate & 0xFF:#04x}, as Windows-1252 and ISO 8859 have it"


def are_plain(texts: Sequence[str]) -> bool:
    """Whether every text is a valid id as it stands, at C speed; False only says that some want parse_store_id."""
    joined = "".join(texts)
    return all(texts) and joined.isprintable() and " " not in joined and max(map(len, texts)) <= _LONGEST_SAFE

r"""A store's refusals as bytes: one key and one value, in the topic `store-calendars` and in the table `store-state`.

    \0refused/<store id>  {"hours": 12, "zones": 1, "message": false}

They have a key of their own beside the store's calendar: the topic is compacted, so that refusals under the calendar's
key would take the place of the last valid calendar. A valid calendar that comes after them takes them back. They make
no store known.
"""

import msgspec

from stream_app.domain.refusals import NOTHING_REFUSED, Refusals
from stream_app.domain.rejection import Reason, Rejected
from stream_app.domain.store_id import parse_store_id
from stream_app.errors import StateError

PREFIX = b"\0refused/"

_UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    hours: int = 0
    zones: int = 0
    message: bool = False


_decode = msgspec.json.Decoder(_Stored).decode


def refusals_key(store_id: str) -> bytes:
    """The key, of the record and in the table."""
    return PREFIX + store_id.encode()


def encode_refusals(refusals: Refusals) -> bytes:
    """The value, of the record and in the table."""
    return msgspec.json.encode(_Stored(*refusals))


def decode_refusals(value: bytes | None) -> Refusals:
    """The stored refusals, none where there is no value; raises StateError where it is damaged."""
    try:
        return NOTHING_REFUSED if value is None else _refusals(value)
    except _UNDECODABLE as error:
        raise StateError(f"the stored refusals {value!r} are unreadable ({error})") from error


def decode_refusals_record(key: bytes, value: bytes | None) -> tuple[str, Refusals] | Rejected:
    """The store of a key with PREFIX, and what was refused of it, nothing for a tombstone; or why it can't be read."""
    try:
        store_id = parse_store_id(key.removeprefix(PREFIX).decode())
        refusals = NOTHING_REFUSED if value is None else _refusals(value)
    except _UNDECODABLE as error:
        return Rejected(Reason.MALFORMED_RECORD, str(error))
    return store_id if isinstance(store_id, Rejected) else (store_id, refusals)


def _refusals(value: bytes) -> Refusals:
    stored = _decode(value)
    return Refusals(stored.hours, stored.zones, stored.message)

r"""The layout of the table `store-state`: its keys, and the values of all but the stores' own.

    \0partition            what holds for the partition as a whole: PartitionMeta, JSON
    \0recovered            the same while the changelog is being read: what \0partition becomes at its end
    \0calendar/<store id>  the store's calendar, JSON of domain.store_calendar.StoreCalendar
    \0refused/<store id>   what was refused of its calendar since: codec.refusals
    <store id>             the store's polls and minute buckets: codec.store_values

Store ids have no control characters, so no id begins with \0; Faust's own key `__faust\0offset__` has one inside and is
no id either.
"""

import msgspec

from stream_app.domain.store_calendar import (
    CalendarVersion,
    DatedException,
    Maintenance,
    StoreCalendar,
    WeeklyHours,
)
from stream_app.errors import StateError, UnmendableStateError

FORMAT_VERSION = 1

META_KEY = b"\0partition"
RECOVERED_META_KEY = b"\0recovered"
CALENDAR_PREFIX = b"\0calendar/"
FAUST_OFFSET_KEY = b"__faust\0offset__"

_UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_REBUILD = "the worker rebuilds its tables from the changelog once its data directory is deleted"

_decode_calendar = msgspec.json.Decoder(StoreCalendar).decode


class _StoredCalendar(msgspec.Struct, frozen=True, omit_defaults=True):
    """StoreCalendar without what a plain one doesn't have."""

    zone: str
    hours: tuple[WeeklyHours, ...]
    later_versions: tuple[CalendarVersion, ...] = ()
    exceptions: tuple[DatedException, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    assumes_zone: bool = False


class PartitionMeta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What holds for a partition as a whole, written in every checkpoint.

    `positions` maps each source topic to the consumer's position: every record below it is in the state.
    `stream_time` is the greatest poll time taken in, microseconds since the epoch, None before the first poll.
    `retained_from` is the first minute of the retained range; it never goes back, also where the retention grows.
    `is_underived` says that some values may still lack their buckets. `changelog` and `partition` name what the
    database mirrors, so that one that was put in another's place is known. `topic_ids` maps the source topics and the
    changelog to Kafka's own ids of them: the positions are of the topics with these ids, and a changelog with this id
    holds all of the state. Metas older than these fields lack them, and so do ids under a Kafka before 2.8.
    """

    positions: dict[str, int]
    stream_time: int | None = None
    retained_from: int | None = None
    format_version: int = FORMAT_VERSION
    is_underived: bool = False
    changelog: str | None = None
    partition: int | None = None
    topic_ids: dict[str, str] = {}

    @property
    def changelog_id(self) -> str | None:
        """Kafka's id of the changelog that the state is whole in, None where it isn't known."""
        return None if self.changelog is None else self.topic_ids.get(self.changelog)


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
    except _UNDECODABLE as error:
        message = f"the partition's meta {value[:200]!r} is unreadable ({error}): is this a store-monitor table?"
        raise StateError(message) from error
    check_version(meta.format_version)
    return meta


def encode_calendar(calendar: StoreCalendar) -> bytes:
    """The value at calendar_key."""
    return msgspec.json.encode(
        _StoredCalendar(
            calendar.zone,
            calendar.hours,
            calendar.later_versions,
            calendar.exceptions,
            calendar.maintenance,
            calendar.assumes_zone,
        )
    )


def decode_calendar(value: bytes) -> StoreCalendar:
    """The calendar at calendar_key; it was valid when it was written. Raises StateError where it is damaged."""
    try:
        return _decode_calendar(value)
    except _UNDECODABLE as error:
        raise StateError(f"the stored calendar {value[:200]!r} is unreadable ({error}); {_REBUILD}") from error


def check_version(found: int) -> None:
    """Raise UnmendableStateError for any format but ours: an unknown one must not be read wrong."""
    if found != FORMAT_VERSION:
        message = (
            f"the state table is in format {found}, this version of store-monitor reads format {FORMAT_VERSION}: "
            "use the version that wrote it, or a new state directory and consumer group"
        )
        raise UnmendableStateError(message)

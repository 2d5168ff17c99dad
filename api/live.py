"""One store, as it is now: from its partition's table at one checkpoint."""

from api.as_of import check_retained, stream_time
from api.catch_up import CatchUp
from api.problems import ProblemError
from api.schemas import LastPoll, LiveStore
from api.snapshots import StoredStore
from api.stored_stores import StoredStores
from stream_app.domain.figures import bucket_figures
from stream_app.domain.fleet import buckets_until
from stream_app.domain.live_status import live_status
from stream_app.domain.partitions import partition_of
from stream_app.domain.poll import ACTIVE, INACTIVE, format_instant
from stream_app.domain.rejection import Rejected
from stream_app.domain.report import WINDOWS
from stream_app.domain.store_id import parse_store_id
from stream_app.domain.store_state import NO_POLL, newest_until
from stream_app.domain.windows import begin_of, floor_to_minute, rolling


class LiveStores:
    """Answers about single stores."""

    def __init__(self, tables: CatchUp) -> None:
        self._tables = tables

    def store(self, text: str, as_of: int | None) -> LiveStore:
        """The store of this id at `as_of` (microseconds, by default the stream time).

        Raises ProblemError (404 unknown, 409 no poll to take the time from, 503 no database), AsOfNotRetainedError,
        StateError.
        """
        store_id = parse_store_id(text)
        if isinstance(store_id, Rejected):
            raise ProblemError(404, "unknown_store", store_id.sentence)
        stored = self._stored(store_id)
        if stored.value is None and stored.calendar is None:
            raise ProblemError(404, "unknown_store", f"no poll and no calendar of store {store_id!r} was taken in")
        if as_of is None:
            as_of = stream_time([*self._tables.known_metas, stored.meta])
        if as_of is None:
            raise ProblemError(409, "no_polls", "there is no poll to take the time from: send some, or give as_of")
        check_retained(as_of, [stored.meta])
        return live_store(store_id, stored, as_of)

    def _stored(self, store_id: str) -> StoredStore:
        readers = self._tables.readers
        if not readers:
            raise ProblemError(503, "kafka_unavailable", "Kafka has not answered yet, so the partitions are not known")
        partition = partition_of(store_id.encode(), len(readers))
        stored = readers[partition].read_store(store_id)
        if stored is None:
            problem = f"partition {partition}: {readers[partition].problem}"
            raise ProblemError(503, "database_missing", problem)
        return stored


def live_store(store_id: str, stored: StoredStore, as_of: int) -> LiveStore:
    """The answer, from what is stored and the time alone."""
    key = store_id.encode()
    stores = StoredStores(
        [] if stored.value is None else [key],
        [] if stored.value is None else [stored.value],
        {} if stored.calendar is None else {key: stored.calendar},
        stored.meta.retained_from,
    )
    calendar = stores.calendar_of(0)
    status = live_status(newest_until(stores.states, as_of), calendar, as_of)
    return LiveStore(
        store_id=store_id,
        status=status.status.value,
        is_open_now=status.is_open,
        last_poll=_last_poll(status.last_poll),
        as_of=format_instant(as_of),
        zone=calendar.zone_at(floor_to_minute(as_of)),
        **_minutes(stores, as_of),
    )


def _last_poll(observation: int) -> LastPoll | None:
    if observation == NO_POLL:
        return None
    return LastPoll(status=INACTIVE if observation & 1 else ACTIVE, timestamp_utc=format_instant(observation >> 1))


def _minutes(stores: StoredStores, as_of: int) -> dict[str, int]:
    minute = floor_to_minute(as_of)
    windows = rolling(minute)
    buckets = buckets_until(stores.known, stores.calendar_of, begin_of(windows), minute)
    figures = bucket_figures(buckets, None, windows, 1)
    return {
        f"{side}_last_{window}_minutes": int(minutes[0])
        for side, columns in (("uptime", figures.up), ("downtime", figures.down))
        for window, minutes in zip(WINDOWS, columns, strict=True)
    }

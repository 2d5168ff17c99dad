"""Live answers about stores, each from its partition's table at one checkpoint."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from api.as_of import stream_time
from api.catch_up import CatchUp
from api.partition_content import PartitionContent
from api.problems import ProblemError
from api.report_request import CustomRange
from api.store_batches import StoreBatches
from api.store_history import StoreHistory
from api.store_hours import store_hours
from api.store_schemas import LiveStore, QueriedStores, StoreHours, StoreOutages, StorePolls, StoreTimeline
from api.store_week import StoreWeek, store_weeks
from api.stored_stores import StoredStores
from api.stores_now import live_answers
from stream_app.codec.table import PartitionMeta
from stream_app.domain.instant import format_instant
from stream_app.domain.partitions import partition_of
from stream_app.domain.policy import NamedPolicy
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_id import parse_store_id
from stream_app.domain.windows import local_midnight


@dataclass(frozen=True, slots=True)
class Known:
    """One store that the table knows, and the stream time of all partitions."""

    store_id: str
    stores: StoredStores
    stream_time: int | None


class LiveStores:
    """Answers about single stores and lists of them.

    They raise ProblemError (404 unknown, 409 no poll to take the time from, 422 a range that can't be, 503 no
    database), AsOfNotRetainedError and StateError. `as_of` is in microseconds, None for the stream time.
    """

    def __init__(self, tables: CatchUp) -> None:
        self._tables = tables
        self._batches = StoreBatches(self._answers_of)

    def id_of(self, text: str) -> str:
        """The id of a known store, however it was spelled."""
        return self._known(text).store_id

    async def store(self, text: str, named: NamedPolicy, as_of: int | None) -> LiveStore:
        """The store of this id now."""
        store_id = _checked_id(text)
        answer = await self._batches.answer(store_id, named, as_of)
        if answer is None:
            raise _unknown(store_id)
        return answer

    def timeline(
        self, text: str, named: NamedPolicy, as_of: int | None, given: CustomRange | None, resolution: int
    ) -> StoreTimeline:
        """Its runs of statuses over a range, by default the day before T."""
        return self._history(text, as_of, given).timeline(named, given, resolution)

    def outages(self, text: str, named: NamedPolicy, as_of: int | None, given: CustomRange | None) -> StoreOutages:
        """Its outages inside a range, by default the policy's week before T."""
        return self._history(text, as_of, given).outages(named, given)

    def polls(self, text: str, as_of: int | None, given: CustomRange | None, limit: int) -> StorePolls:
        """Its newest kept polls inside a range, by default the week before T."""
        return self._history(text, as_of, given).polls(given, limit)

    def history(self, text: str, as_of: int | None) -> StoreHistory:
        """Everything about one store at one T."""
        return self._history(text, as_of, None)

    def hours(self, text: str, as_of: int | None) -> StoreHours:
        """Its calendar."""
        known = self._known(text)
        stores, at = known.stores, time_of(as_of, known.stream_time)
        return store_hours(known.store_id, stores.calendar_of(0), stores.refusals_of(0), at)

    async def query(self, texts: Iterable[str], named: NamedPolicy, as_of: int | None) -> QueriedStores:
        """Many stores at once, all at one T; each partition's are of one checkpoint."""
        parsed = {text: parse_store_id(text) for text in texts}
        contents = self._contents({store_id for store_id in parsed.values() if isinstance(store_id, str)})
        at = self._time_of(as_of, contents)
        answers = await asyncio.to_thread(_answers, contents, named, at)
        found = {text: answers.get(store_id) for text, store_id in parsed.items() if isinstance(store_id, str)}
        known = {answer.store_id: answer for answer in found.values() if answer is not None}
        return QueriedStores(
            as_of=format_instant(at),
            policy=named.name,
            stores=[*known.values()],
            unknown=[text for text in parsed if found.get(text) is None],
        )

    async def weeks(self, store_ids: Iterable[str], named: NamedPolicy, as_of: int | None) -> dict[str, StoreWeek]:
        """The known ones of these stores with their last seven days, all at one T."""
        contents = self._contents({parsed for text in store_ids if isinstance(parsed := parse_store_id(text), str)})
        at = self._time_of(as_of, contents)
        return await asyncio.to_thread(_weeks, contents, named, at)

    def _history(self, text: str, as_of: int | None, given: CustomRange | None) -> StoreHistory:
        known = self._known(text)
        if as_of is None and given is not None:
            zone = known.stores.calendar_of(0).newest_zone
            as_of = (local_midnight(zone, given.end) if given.is_local else given.end) * MICROS_PER_MINUTE
        return StoreHistory(known.store_id, known.stores, time_of(as_of, known.stream_time))

    def _answers_of(self, store_ids: Collection[str], named: NamedPolicy, as_of: int | None) -> dict[str, LiveStore]:
        """Those of the known ones among some stores, all at one T."""
        contents = self._contents(store_ids)
        if not any(map(_has_stores, contents)):
            return {}
        return _answers(contents, named, self._time_of(as_of, contents))

    def _known(self, text: str) -> Known:
        store_id = _checked_id(text)
        content = self._contents([store_id])[0]
        if not _has_stores(content):
            raise _unknown(store_id)
        return Known(store_id, StoredStores(content), self._stream_time([content.meta]))

    def _contents(self, store_ids: Iterable[str]) -> list[PartitionContent]:
        """What the partitions of these stores hold of them."""
        readers = self._tables.readers
        if not readers:
            raise ProblemError(503, "kafka_unavailable", "Kafka has not answered yet, so the partitions are not known")
        homes: dict[int, list[str]] = defaultdict(list)
        for store_id in store_ids:
            homes[_home(store_id, len(readers))].append(store_id)
        found = []
        for partition, ids in homes.items():
            content = readers[partition].read_stores(ids)
            if content is None:
                raise ProblemError(503, "database_missing", f"partition {partition}: {readers[partition].problem}")
            found.append(content)
        return found

    def _time_of(self, as_of: int | None, contents: Iterable[PartitionContent]) -> int:
        """T of what was read, as time_of() takes it."""
        return time_of(as_of, self._stream_time(content.meta for content in contents))

    def _stream_time(self, read: Iterable[PartitionMeta]) -> int | None:
        """Over all partitions, as of the last catch-up and of what was read since."""
        return stream_time([*self._tables.known_metas, *read])


def time_of(as_of: int | None, newest_poll: int | None) -> int:
    """T in microseconds: what is asked for, else the stream time; raises ProblemError where there is neither."""
    at = newest_poll if as_of is None else as_of
    if at is None:
        raise ProblemError(409, "no_polls", "there is no poll to take the time from: send some, or give as_of")
    return at


def _checked_id(text: str) -> str:
    store_id = parse_store_id(text)
    if isinstance(store_id, Rejected):
        raise ProblemError(404, "unknown_store", store_id.sentence)
    return store_id


def _unknown(store_id: str) -> ProblemError:
    return ProblemError(404, "unknown_store", f"no poll and no calendar of store {store_id!r} was taken in")


def _has_stores(content: PartitionContent) -> bool:
    return bool(content.ids or content.calendars)


@lru_cache(maxsize=1 << 16)
def _home(store_id: str, partitions: int) -> int:
    """Hashing in Python takes a tenth of an answer's time, and the same stores are asked for again."""
    return partition_of(store_id.encode(), partitions)


def _answers(contents: Iterable[PartitionContent], named: NamedPolicy, as_of: int) -> dict[str, LiveStore]:
    every = (live_answers(StoredStores(content), named, as_of) for content in contents)
    return {answer.store_id: answer for answers in every for answer in answers}


def _weeks(contents: Iterable[PartitionContent], named: NamedPolicy, as_of: int) -> dict[str, StoreWeek]:
    every = (store_weeks(StoredStores(content), named, as_of) for content in contents)
    return {week.now.store_id: week for weeks in every for week in weeks}

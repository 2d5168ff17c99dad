"""Whether a store is known, asked before a report of it is begun."""

import asyncio
from contextlib import suppress

from api.catch_up import CatchUp
from api.problems import ProblemError
from stream_app.domain.partitions import partition_of
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_id import parse_store_id

_SEE_NEWEST_WITHIN_S = 1.0


async def known_store(tables: CatchUp, text: str) -> str:
    """The id of a store that a poll or a calendar tells of.

    Raises ProblemError (404 unknown, 503 no database), StateError.
    """
    store_id = parse_store_id(text)
    if isinstance(store_id, Rejected):
        raise ProblemError(404, "unknown_store", store_id.sentence)
    if not _is_known(tables, store_id):
        with suppress(TimeoutError):  # then it is looked for in what was read last
            async with asyncio.timeout(_SEE_NEWEST_WITHIN_S):
                await tables.now()
        if not _is_known(tables, store_id):
            raise ProblemError(404, "unknown_store", f"no poll and no calendar of store {store_id!r} was taken in")
    return store_id


def _is_known(tables: CatchUp, store_id: str) -> bool:
    readers = tables.readers
    if not readers:
        raise ProblemError(503, "kafka_unavailable", "Kafka has not answered yet, so the partitions are not known")
    partition = partition_of(store_id.encode(), len(readers))
    stored = readers[partition].read_store(store_id)
    if stored is None:
        raise ProblemError(503, "database_missing", f"partition {partition}: {readers[partition].problem}")
    return stored.value is not None or stored.calendar is not None

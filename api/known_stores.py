"""Whether a store is known, asked before a report of it is begun."""

import asyncio
from contextlib import suppress

from api.catch_up import CatchUp
from api.live import LiveStores
from api.problems import ProblemError

_SEE_NEWEST_WITHIN_S = 1.0


async def known_store(live: LiveStores, tables: CatchUp, text: str) -> str:
    """The id of a store that a poll or a calendar tells of; one that isn't known yet is looked for once more.

    Raises ProblemError (404 unknown, 503 no database), StateError.
    """
    try:
        return live.id_of(text)
    except ProblemError as error:
        if error.code != "unknown_store":
            raise
    with suppress(TimeoutError):  # then it is looked for in what was read last
        async with asyncio.timeout(_SEE_NEWEST_WITHIN_S):
            await tables.now()
    return live.id_of(text)

"""Single stores that are asked for at the same moment, answered together.

Most of what an answer costs are calls to numpy, which take hardly longer for ten stores than for one: the more an API
has to do, the cheaper its answers become.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from api.problems import ProblemError
from api.store_schemas import LiveStore
from stream_app.domain.policy import NamedPolicy
from stream_app.errors import StoreMonitorError

Answers = dict[str, LiveStore]  # of the known stores among those that were asked for, by id
Answering = Callable[[Collection[str], NamedPolicy, int | None], Answers]


class StoreBatches:
    """One batch for each policy and T at a time, which whoever asks in the same turn of the event loop comes into."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._open: dict[tuple[NamedPolicy, int | None], _Batch] = {}

    async def answer(self, store_id: str, named: NamedPolicy, as_of: int | None) -> LiveStore | None:
        """One store's, None where it is unknown; raises what `answering` raises for this store alone."""
        with self._joined(store_id, named, as_of) as batch:
            await asyncio.sleep(0)
        if batch.answers is None and len(batch.store_ids) > 1:
            batch.answers = self._together(batch.store_ids, named, as_of)
        answers = batch.answers or self._answering([store_id], named, as_of)
        return answers.get(store_id)

    @contextmanager
    def _joined(self, store_id: str, named: NamedPolicy, as_of: int | None) -> "Iterator[_Batch]":
        """The open batch with this store in it; closed by whoever leaves first, before it is answered."""
        key = named, as_of
        batch = self._open.setdefault(key, _Batch())
        batch.store_ids.add(store_id)
        try:
            yield batch
        finally:
            if self._open.get(key) is batch:
                del self._open[key]

    def _together(self, store_ids: Collection[str], named: NamedPolicy, as_of: int | None) -> Answers:
        """Nothing where one of them can't be answered: each is then asked for alone, and the others have theirs."""
        try:
            return self._answering(store_ids, named, as_of)
        except (ProblemError, StoreMonitorError):
            return {}


class _Batch:
    """Its stores, and their answers as soon as the first of those who asked has worked them out."""

    def __init__(self) -> None:
        self.store_ids: set[str] = set()
        self.answers: Answers | None = None

"""The one loop that keeps this process's secondaries caught up, a database at a time, yielding between."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

import structlog

from api.kafka_ends import KafkaEnds
from api.lag import Offsets, TopicLag, lags
from api.partition_reader import PartitionReader
from api.replaced_topics import replaced_topics
from stream_app.codec.table import PartitionMeta
from stream_app.errors import TopicReplacedError
from stream_app.topic_ids import TopicIds

log = structlog.get_logger()

INTERVAL_S = 0.05


class CatchUp:
    """The readers of all partitions; empty until Kafka has told how many there are."""

    def __init__(self, kafka: KafkaEnds, table_paths: Callable[[int], Sequence[Path]], folder: Path) -> None:
        self.readers: Sequence[PartitionReader] = ()
        self._kafka = kafka
        self._table_paths = table_paths
        self._folder = folder
        self._loop: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._started = self._finished = 0
        self._round = asyncio.Condition()

    @property
    def metas(self) -> list[PartitionMeta | None]:
        """The partitions' metas at the last catch-up, None for one without a database."""
        return [reader.meta for reader in self.readers]

    @property
    def known_metas(self) -> list[PartitionMeta]:
        """Those of the partitions that have a database."""
        return [meta for meta in self.metas if meta is not None]

    def lags(self, ends: Offsets) -> list[TopicLag]:
        """How far the tables are from the topics' ends, at the last catch-up."""
        metas = self.metas or [None] * len(ends)
        return lags([None if meta is None else meta.positions for meta in metas], ends)

    @property
    def topic_ids(self) -> TopicIds:
        """Kafka's own ids of the topics, empty until it has told them."""
        return self._kafka.topic_ids

    @property
    def replaced_topics(self) -> list[TopicReplacedError]:
        """The topics that Kafka has others of by now than the tables were read from."""
        return replaced_topics(self.metas, self._kafka.topic_ids)

    def problems_of(self, partitions: Collection[int]) -> list[str]:
        """What keeps these partitions from being read further, for those where something does."""
        return [
            f"partition {partition}: {reader.problem}"
            for partition, reader in enumerate(self.readers)
            if partition in partitions and reader.problem is not None
        ]

    @property
    def failure(self) -> str | None:
        """What ended the loop, None while it runs."""
        if self._loop is None or not self._loop.done() or self._loop.cancelled():
            return None
        return repr(self._loop.exception())

    def start(self) -> None:
        """Begin; nothing can be read until Kafka has answered once."""
        self._loop = asyncio.create_task(self._run(), name="catch-up")
        self._loop.add_done_callback(_log_failure)

    async def stop(self) -> None:
        """End the loop and let go of the databases."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait([self._loop])
        for reader in self.readers:
            reader.close()

    async def _run(self) -> None:
        """Catch up every INTERVAL_S, and at once when somebody waits; ends only by cancellation or an error."""
        count = await self._kafka.partitions()
        self.readers = [PartitionReader(self._table_paths(p), self._folder / str(p)) for p in range(count)]
        while True:
            await self._catch_up_once()
            await self._idle()

    async def now(self) -> None:
        """Return when everything that was written before the call can be read; callers bound the wait."""
        self._wanted.set()
        await self.next_round()

    async def next_round(self) -> None:
        """The same without hurry, some INTERVAL_S later; callers bound the wait."""
        next_round = self._started + 1
        async with self._round:
            await self._round.wait_for(lambda: self._finished >= next_round)

    async def _catch_up_once(self) -> None:
        self._wanted.clear()
        self._started += 1
        for reader in self.readers:
            reader.topic_ids = self._kafka.topic_ids
        for database in chain.from_iterable(reader.databases for reader in self.readers):
            database.catch_up()
            await asyncio.sleep(0)
        async with self._round:
            self._finished = self._started
            self._round.notify_all()

    async def _idle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(INTERVAL_S):
                await self._wanted.wait()


def _log_failure(loop: "asyncio.Task[None]") -> None:
    if not loop.cancelled() and (error := loop.exception()) is not None:
        log.error("catch_up.broke", exc_info=error)

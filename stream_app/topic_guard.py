"""Sees to it that a worker's topics stay those that its state is of, for as long as it runs."""

import asyncio

import structlog
from aiokafka.errors import KafkaError

from stream_app.abrupt_end import end_worker
from stream_app.errors import ChangelogReplacedError, TopicReplacedError
from stream_app.settings import Settings
from stream_app.topic_ids import TopicIds, TopicIdsClient
from stream_app.topics import topics_of

log = structlog.get_logger()

_CHECKED_EVERY_S = 2.0  # also where no checkpoint is made, since nothing comes in
_RETRY_S = 0.1


class TopicGuard:
    """The ids of the topics as this worker first found them, compared again and again with what Kafka says."""

    def __init__(self, settings: Settings) -> None:
        self._topics = topics_of(settings)
        self._client = TopicIdsClient(settings.kafka_brokers, self._topics.kept)
        self._within_s = settings.transaction_timeout_s
        self._asking = asyncio.Lock()
        self._asked = self._answered = 0
        self._watch: asyncio.Task[None] | None = None
        self.ids: TopicIds = {}

    async def begin(self) -> None:
        """Take the ids, or confirm those that were taken at an earlier rebalance; watch them from here on.

        Raises as confirm().
        """
        await self.confirm()
        if self._watch is None:
            self._watch = asyncio.create_task(self._check_always(), name="topic-guard")

    async def confirm(self) -> None:
        """Return once Kafka has answered a question asked after this call: the topics are still the same ones.

        Calls that come while a question is on its way share the next one. Waits for a broker that is away as long as a
        checkpoint may take. Raises TopicReplacedError, and KafkaError or TimeoutError without an answer.
        """
        asked = self._asked
        async with asyncio.timeout(self._within_s), self._asking:
            while self._answered <= asked:
                await self._ask()

    def refuse_other_sources(self, held: TopicIds) -> None:
        """Raise TopicReplacedError where a state's source topics have other ids than it was read from."""
        for topic in self._topics.sources:
            if held.get(topic, self.ids.get(topic)) != self.ids.get(topic) and topic in self.ids:
                raise TopicReplacedError(topic, held[topic], self.ids[topic])

    async def close(self) -> None:
        """Ask no more."""
        if self._watch is not None:
            self._watch.cancel()
        await self._client.close()

    async def _ask(self) -> None:
        self._asked += 1
        try:
            found = await self._client.ask()
        except KafkaError as error:
            log.warning("topics.unconfirmed", reason=repr(error))
            await self._client.close()
            await asyncio.sleep(_RETRY_S)  # nothing tells when a broker is back
            return
        self._compare(found.ids, found.missing)
        self._answered = self._asked

    def _compare(self, found: TopicIds, missing: set[str]) -> None:
        """Raise where one of the topics is another than at first, or gone; take the ids that weren't known yet."""
        for topic, old in self.ids.items():
            if topic in missing or found.get(topic, old) != old:
                replaced = ChangelogReplacedError if topic == self._topics.changelog else TopicReplacedError
                raise replaced(topic, old, found.get(topic))
        self.ids = {**found, **self.ids}

    async def _check_always(self) -> None:
        while True:
            await asyncio.sleep(_CHECKED_EVERY_S)
            try:
                await self.confirm()
            except TopicReplacedError as error:
                end_worker(error)
            except TimeoutError:
                log.warning("topics.unconfirmed", reason="Kafka does not answer")  # a checkpoint would end the worker

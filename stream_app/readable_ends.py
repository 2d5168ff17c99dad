"""Up to where committed records of a topic can be read, asked apart from the consumer that reads them."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faust.types import TP

from stream_app.settings import Settings

log = structlog.get_logger()

_WITHIN_S = 5.0


class ReadableEnds:
    """A connection of its own and of no group: it answers also where the worker's consumer is what hangs."""

    def __init__(self, settings: Settings) -> None:
        self._brokers = settings.kafka_brokers
        self._consumer: AIOKafkaConsumer | None = None

    async def of(self, tps: Collection[TP]) -> Mapping[TP, int]:
        """The last stable offsets, which an open transaction holds back; without those that Kafka doesn't tell in time.

        Each partition is asked for by itself, so that one without a leader doesn't hide the others.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                consumer = await self._connected()
        except (KafkaError, OSError, TimeoutError) as error:
            log.info("watchdog.kafka_unavailable", error=repr(error))
            return {}
        answers = await asyncio.gather(*(_end(consumer, tp) for tp in tps))
        return {tp: end for tp, end in zip(tps, answers, strict=True) if end is not None}

    async def close(self) -> None:
        """Let go of the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._brokers, isolation_level="read_committed", enable_auto_commit=False
            )
            async with AsyncExitStack() as undo:
                undo.push_async_callback(consumer.stop)
                await consumer.start()
                undo.pop_all()
            self._consumer = consumer
        return self._consumer


async def _end(consumer: AIOKafkaConsumer, tp: TP) -> int | None:
    try:
        async with asyncio.timeout(_WITHIN_S):
            ends: Mapping[TP, int] = await consumer.end_offsets([tp])
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("watchdog.end_unknown", topic=tp.topic, partition=tp.partition, error=repr(error))
        return None
    return ends[tp]

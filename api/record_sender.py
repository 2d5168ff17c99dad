"""The API's producer: records to Kafka, each batch to the partition of its keys, until Kafka has them or time is up."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed
from aiokafka.structs import RecordMetadata

from stream_app.domain.partitions import partitions_of
from stream_app.errors import StoreMonitorError
from stream_app.record_batches import BATCH_BYTES, Record, batches_of
from stream_app.settings import Settings
from stream_app.topics import ensure_topics, topics_of

log = structlog.get_logger()

_STOP_WITHIN_S = 3.0


class NotAcknowledgedError(StoreMonitorError):
    """Kafka did not acknowledge all records in time; some of the others may be stored nevertheless."""

    def __init__(self, brokers: str, acknowledged: int, count: int, cause: str) -> None:
        self.acknowledged, self.count = acknowledged, count
        super().__init__(
            f"Kafka at {brokers} acknowledged {acknowledged:,} of {count:,} records ({cause}); the others may be "
            "stored or not. Send all of them again: what is there already changes nothing"
        )


@dataclass(slots=True)
class _Sending:
    """Batches handed over: how many records each has, and Kafka's answer."""

    batches: list[tuple[int, "asyncio.Future[RecordMetadata]"]] = field(default_factory=list)

    def add(self, count: int, delivery: "asyncio.Future[RecordMetadata]") -> None:
        delivery.add_done_callback(_note)
        self.batches.append((count, delivery))

    async def answers(self) -> list[RecordMetadata]:
        """Kafka's to each batch; raises KafkaError, ProducerClosed where the failure of another request ended them.

        It leaves the batches alone when it is cancelled: one that was handed over is Kafka's, whoever still waits.
        """
        deliveries = [delivery for _, delivery in self.batches]
        done, _ = await asyncio.wait(deliveries, return_when=asyncio.FIRST_EXCEPTION)
        for delivery in done:
            if delivery.cancelled():
                raise ProducerClosed
            if (error := delivery.exception()) is not None:
                raise error
        return [delivery.result() for delivery in deliveries]

    @property
    def acknowledged(self) -> int:
        return sum(count for count, delivery in self.batches if _is_acknowledged(delivery))


class RecordSender:
    """An idempotent producer, started when it is first needed, and anew after it has failed."""

    def __init__(self, settings: Settings) -> None:
        self.topics = topics_of(settings)
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def send(self, topic: str, records: Sequence[Record]) -> list[RecordMetadata]:
        """Kafka's answer to each batch once all are acknowledged; raises NotAcknowledgedError after PUBLISH_WAIT."""
        sending = _Sending()
        try:
            async with asyncio.timeout(self._settings.publish_wait_s):
                await self._hand_over(topic, records, sending)
                return await sending.answers()
        except TimeoutError as error:
            cause = f"no answer in {self._settings.publish_wait_s:g} s"
            raise self._failed(sending, len(records), cause) from error
        except (KafkaError, StoreMonitorError, OSError) as error:
            await self.close()  # after some errors an idempotent producer takes nothing more
            raise self._failed(sending, len(records), repr(error)) from error

    async def close(self) -> None:
        """Let go of the producer; aiokafka would wait without end for batches that Kafka doesn't take."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stopped(producer)

    async def _hand_over(self, topic: str, records: Sequence[Record], sending: _Sending) -> None:
        producer = await self._started()
        count = len(await producer.partitions_for(topic))
        partitions = partitions_of([key for key, _ in records], count)
        for partition, batch in batches_of(producer, records, partitions, time.time_ns() // 1_000_000):
            size = batch.record_count()
            sending.add(size, await producer.send_batch(batch, topic, partition=partition))

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                await ensure_topics(self._settings)
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._settings.kafka_brokers,
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=BATCH_BYTES,
                )
                async with AsyncExitStack() as undo:
                    undo.push_async_callback(_stopped, producer)
                    await producer.start()
                    undo.pop_all()
                self._producer = producer
            return self._producer

    def _failed(self, sending: _Sending, count: int, cause: str) -> NotAcknowledgedError:
        log.warning("intake.not_acknowledged", acknowledged=sending.acknowledged, records=count, cause=cause)
        return NotAcknowledgedError(self._settings.kafka_brokers, sending.acknowledged, count, cause)


async def _stopped(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await producer.stop()
    except TimeoutError:
        log.warning("intake.stopped_undelivered", seconds=_STOP_WITHIN_S)
    except KafkaError as error:  # what its last batches ended in, which those who sent them are told
        log.warning("intake.stop_failed", error=repr(error))


def _is_acknowledged(delivery: "asyncio.Future[RecordMetadata]") -> bool:
    return delivery.done() and not delivery.cancelled() and delivery.exception() is None


def _note(delivery: "asyncio.Future[RecordMetadata]") -> None:
    """A batch whose request has been answered already may still fail."""
    if not delivery.cancelled() and (error := delivery.exception()) is not None:
        log.warning("intake.batch_failed", error=repr(error))

"""A Kafka that takes its time with every transaction, so that partitions are full again and again."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer


def arm(seconds: float) -> None:
    """Have every commit of this process take so much longer."""
    commit = AIOKafkaProducer.commit_transaction

    async def slow(producer: Any) -> None:
        await asyncio.sleep(seconds)
        await commit(producer)

    AIOKafkaProducer.commit_transaction = slow

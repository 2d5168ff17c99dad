"""The raw floor: what any worker in Python pays at least, aiokafka's records decoded, with their times as numbers.

python -m tests.benchmarks.floor BROKERS TOPIC PARTITIONS POLLS

Prints `seconds <from the first fetch to the last record decoded>`, and stays until it is ended.
"""

import asyncio
import signal
import sys
import time

import msgspec
import numpy as np
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream_app.codec.records import PollRecord

POLL_TIMEOUT_MS = 1_000

_decode = msgspec.json.Decoder(PollRecord).decode


async def floor(brokers: str, topic: str, partitions: int, polls: int) -> float:
    """The seconds from the first fetch to the last record decoded."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, group_id=None, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, partition) for partition in range(partitions)])
    await consumer.start()
    try:
        began, left = time.monotonic(), polls
        while left > 0:
            fetched = await consumer.getmany(timeout_ms=POLL_TIMEOUT_MS)
            for run in fetched.values():
                decoded = [_decode(record.value) for record in run]
                # Without the Z behind it: numpy warns of a zone, and takes longer.
                np.array([record.timestamp_utc[:-1] for record in decoded], "datetime64[us]")
                left -= len(run)
        return time.monotonic() - began
    finally:
        await consumer.stop()


if __name__ == "__main__":
    print(f"seconds {asyncio.run(floor(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))):.4f}", flush=True)
    signal.pause()

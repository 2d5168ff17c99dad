"""A steady load of live polls, in a process of its own.

python -m tests.benchmarks.live_load INPUT POLLS_PER_S

INPUT is the file of a LiveInput. Runs until SIGTERM, then prints `polls_per_s <what Kafka has acknowledged>`.
"""

import asyncio
import itertools
import signal
import sys
from pathlib import Path

from producers.publisher import open_publisher
from tests.benchmarks.live_polls import LiveInput, read_input, send_polls

TICK_S = 0.01


async def load(given: LiveInput, polls_per_s: int) -> float:
    """Send polls of all stores in turn, those that are due every TICK_S; the polls a second that were acknowledged."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    stores = itertools.cycle(given.load_stores)
    async with open_publisher(given.brokers) as publisher:
        began, sent = loop.time(), 0
        while not stopped.is_set():
            due = int((loop.time() - began) * polls_per_s) - sent
            await send_polls(publisher, given.topic, list(itertools.islice(stores, due)), given.now_micros())
            sent += due
            await asyncio.sleep(TICK_S)
        await publisher.all_acknowledged()
        return publisher.acknowledged[given.topic] / (loop.time() - began)


if __name__ == "__main__":
    print(f"polls_per_s {asyncio.run(load(read_input(Path(sys.argv[1])), int(sys.argv[2]))):.1f}")

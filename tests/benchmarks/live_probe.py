"""Probes: how long after its acknowledgement by Kafka a poll is visible in the table, for a process of its own.

python -m tests.benchmarks.live_probe INPUT TABLES_DIR FOLDER PROBES

INPUT is the file of a LiveInput, FOLDER the place for the secondaries. Prints a JSON list of milliseconds.
"""

import asyncio
import random
import sys
import time
from pathlib import Path

import msgspec

from api.snapshots import Secondary
from producers.publisher import Publisher, open_publisher
from stream_app.codec.store_values import decode_buckets
from stream_app.domain.partitions import partition_of
from stream_app.topics import TABLE
from tests.benchmarks.live_polls import LiveInput, read_input, send_polls

LOOK_EVERY_S = 0.002
LONGEST_PAUSE_S = 0.04
VISIBLE_WITHIN_S = 10.0


async def probe(given: LiveInput, secondaries: list[Secondary], count: int) -> list[float]:
    """The milliseconds of each probe, one after the other, with a pause by chance so that no rhythm is met."""
    async with open_publisher(given.brokers) as publisher:
        delays = []
        for number in range(count):
            delays.append(await _delay_ms(given, secondaries, publisher, number))
            await asyncio.sleep(random.random() * LONGEST_PAUSE_S)
        return delays


async def _delay_ms(given: LiveInput, secondaries: list[Secondary], publisher: Publisher, number: int) -> float:
    store_id = given.probe_stores[number % len(given.probe_stores)]
    secondary = secondaries[partition_of(store_id.encode(), len(secondaries))]
    micros = given.now_micros()
    await send_polls(publisher, given.topic, [store_id], micros)
    await publisher.all_acknowledged()
    acknowledged = time.perf_counter()
    async with asyncio.timeout(VISIBLE_WITHIN_S):
        while not _is_visible(secondary, store_id, micros):
            await asyncio.sleep(LOOK_EVERY_S)
    return (time.perf_counter() - acknowledged) * 1000


def _is_visible(secondary: Secondary, store_id: str, micros: int) -> bool:
    """Whether the store's newest poll in the table is this one, or a later one."""
    secondary.catch_up()
    stored = secondary.read_stores([store_id])
    if stored is None or not stored.values:
        return False
    return int(decode_buckets(stored.values).last[0]) >= micros * 2


def main(given_file: str, tables_dir: str, folder: str, count: str) -> None:
    """Probe, and print."""
    partitions = len(list(Path(tables_dir).glob(f"{TABLE}-*.db")))
    secondaries = [
        Secondary(Path(tables_dir, f"{TABLE}-{partition}.db"), Path(folder, str(partition)))
        for partition in range(partitions)
    ]
    delays = asyncio.run(probe(read_input(Path(given_file)), secondaries, int(count)))
    print(msgspec.json.encode(delays).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Probes: how long after its acknowledgement by Kafka a poll is seen in GET /stores/{id}, for a process of its own.

python -m tests.benchmarks.http_probe INPUT API_URL PROBES

INPUT is the file of a LiveInput. Prints a JSON list of milliseconds.
"""

import asyncio
import random
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from producers.publisher import Publisher, open_publisher
from stream_app.domain.instant import format_instant
from tests.benchmarks.live_polls import LiveInput, read_input, send_polls

LOOK_EVERY_S = 0.005  # each look is a request that the API has to answer
LONGEST_PAUSE_S = 0.04
VISIBLE_WITHIN_S = 10.0


class _LastPoll(msgspec.Struct):
    timestamp_utc: str


class _Store(msgspec.Struct):
    last_poll: _LastPoll | None


async def probe(given: LiveInput, api: HTTPConnection, count: int) -> list[float]:
    """The milliseconds of each probe, one after the other, with a pause by chance so that no rhythm is met."""
    async with open_publisher(given.brokers) as publisher:
        delays = []
        for number in range(count):
            delays.append(await _delay_ms(given, api, publisher, given.probe_stores[number % len(given.probe_stores)]))
            await asyncio.sleep(random.random() * LONGEST_PAUSE_S)
        return delays


async def _delay_ms(given: LiveInput, api: HTTPConnection, publisher: Publisher, store_id: str) -> float:
    micros = given.now_micros()
    await send_polls(publisher, given.topic, [store_id], micros)
    await publisher.all_acknowledged()
    acknowledged, sent = time.perf_counter(), format_instant(micros)
    async with asyncio.timeout(VISIBLE_WITHIN_S):
        while _last_poll(api, store_id) != sent:  # no one else sends polls of this store
            await asyncio.sleep(LOOK_EVERY_S)
    return (time.perf_counter() - acknowledged) * 1000


def _last_poll(api: HTTPConnection, store_id: str) -> str | None:
    api.request("GET", f"/stores/{quote(store_id, safe='')}")
    found = msgspec.json.decode(api.getresponse().read(), type=_Store).last_poll
    return None if found is None else found.timestamp_utc


def main(given_file: str, url: str, count: str) -> None:
    """Probe, and print."""
    address = urlsplit(url)
    api = HTTPConnection(address.hostname or "", address.port, timeout=VISIBLE_WITHIN_S)
    delays = asyncio.run(probe(read_input(Path(given_file)), api, int(count)))
    print(msgspec.json.encode(delays).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])

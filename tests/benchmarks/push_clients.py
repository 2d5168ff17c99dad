"""Clients of pushed events, and the polls that make the events, for a process of its own.

python -m tests.benchmarks.push_clients INPUT OUTPUT URL CLIENTS SOCKETS PROBES

INPUT is the file of a LiveInput. Every client wants everything; a probe turns one store over, and each client's delay
counts from the poll's acknowledgement. OUTPUT gets a JSON list of milliseconds, one a
client and probe.
"""

import asyncio
import base64
import os
import re
import sys
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import numpy as np

from producers.publisher import Publisher, open_publisher
from stream_app.codec.records import encode_polls
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.live_polls import LiveInput, read_input, send_polls

EVERY_S = 0.1
SETTLES_S = 2.0  # the news of the stores that were down before goes out
ARRIVES_WITHIN_S = 30.0
CONNECTS_AT_ONCE = 50
STORE_ID = re.compile(rb'"store_id":"([^"]+)","status":"(up|down)"')
SUBSCRIPTION = bytes([0x81, 0x82, 0, 0, 0, 0]) + b"{}"
"""A masked frame (RFC 6455, 5.3) with a mask of zeros."""
PING, MASKED_PONG = b"\x89", b"\x8a"  # neither byte is in a frame of ASCII

Arrivals = dict[tuple[bytes, bytes], list[float]]


class Client(asyncio.Protocol):
    """One stream: notes when which event came, and parses nothing else."""

    def __init__(self, request: bytes, arrivals: Arrivals) -> None:
        self.begun = asyncio.get_running_loop().create_future()
        self._request = request
        self._arrivals = arrivals

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note what has come; an event is written at once, so that it comes in one piece."""
        now = time.perf_counter()
        if data.startswith(b"HTTP/1.1 101"):
            self._transport.write(SUBSCRIPTION)
        if (ping := data.find(PING)) >= 0:  # a client that doesn't answer is cut off
            size = data[ping + 1]
            self._transport.write(MASKED_PONG + bytes([0x80 | size, 0, 0, 0, 0]) + data[ping + 2 : ping + 2 + size])
        if not self.begun.done() and b"hello" in data:
            self.begun.set_result(None)
        for found in STORE_ID.findall(data):
            self._arrivals[found].append(now)

    def connection_lost(self, exc: Exception | None) -> None:
        """A client that is cut off spoils the measurement."""
        if not self.begun.done():
            self.begun.set_exception(exc or EOFError("the stream ended before it began"))


async def measure(given: LiveInput, url: str, clients: int, sockets: int, probes: int) -> list[float]:
    """The milliseconds of each client and probe; raises BenchmarkError where one doesn't arrive at every client."""
    arrivals: Arrivals = defaultdict(list)
    requests = [sse_request(url)] * clients + [socket_request(url)] * sockets
    delays: list[float] = []
    async with open_publisher(given.brokers) as publisher:
        # All are up then; two polls of one minute that a checkpoint takes in together would change nothing.
        await send_polls(publisher, given.topic, given.probe_stores, given.now_micros())
        await publisher.all_acknowledged()
        for at in range(0, len(requests), CONNECTS_AT_ONCE):
            await asyncio.gather(*(_connected(url, one, arrivals) for one in requests[at : at + CONNECTS_AT_ONCE]))
        await asyncio.sleep(SETTLES_S)
        for number in range(probes):
            round_number, at = divmod(number, len(given.probe_stores))
            store_id, is_inactive = given.probe_stores[at], round_number % 2 == 0
            arrivals.clear()
            acknowledged = await _turned_over(given, publisher, store_id, is_inactive=is_inactive)
            came = await _arrived(arrivals, (store_id.encode(), b"down" if is_inactive else b"up"), len(requests))
            delays += [(at - acknowledged) * 1000 for at in came]
            await asyncio.sleep(EVERY_S)
    return delays


def sse_request(url: str) -> bytes:
    """A stream of everything."""
    return f"GET /events HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode()


def socket_request(url: str) -> bytes:
    """The handshake of a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
    head = f"GET /ws HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n{upgrade}\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    return head.encode()


async def _connected(url: str, request: bytes, arrivals: Arrivals) -> None:
    where = urlsplit(url)
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Client(request, arrivals), where.hostname or "", where.port or 0
    )
    await client.begun


async def _turned_over(given: LiveInput, publisher: Publisher, store_id: str, *, is_inactive: bool) -> float:
    """Send a poll whose status the store didn't have; when it was acknowledged."""
    observation = np.array([given.now_micros() * 2 + is_inactive], np.int64)
    records = [(store_id.encode(), encode_polls([store_id], observation)[0])]
    await publisher.publish(given.topic, records, time.time())
    await publisher.all_acknowledged()
    return time.perf_counter()


async def _arrived(arrivals: Arrivals, event: tuple[bytes, bytes], count: int) -> list[float]:
    deadline = time.perf_counter() + ARRIVES_WITHIN_S
    while len(arrivals[event]) < count:
        if time.perf_counter() > deadline:
            raise BenchmarkError(
                f"of {count} clients only {len(arrivals[event])} got {event} in {ARRIVES_WITHIN_S:g} s"
            )
        await asyncio.sleep(0.01)
    return arrivals[event]


if __name__ == "__main__":
    found = asyncio.run(measure(read_input(Path(sys.argv[1])), sys.argv[3], *map(int, sys.argv[4:])))
    Path(sys.argv[2]).write_bytes(msgspec.json.encode(found))

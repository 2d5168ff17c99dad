"""The limits of one connection, over real sockets: what uvicorn's own protocol would take without end is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.bounded_protocol import BoundedHttp, BoundedWebSocket, ConnectionLimits
from api.connections import Connections

MAX_BYTES = 2000
LINE = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the Host and the body's length; a WebSocket is accepted and held."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    size, is_more = 0, True
    while is_more:
        message = await receive()
        size, is_more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = json.dumps([dict(scope["headers"])[b"host"].decode(), scope["path"], size]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(most: int = 100, of_an_address: int = 100, within_s: float = 30) -> AsyncIterator[tuple[int, Any]]:
    """The port, and the connections that are counted."""
    connections = Connections(most, of_an_address)
    limits = ConnectionLimits(MAX_BYTES, within_s, connections)
    http: Any = partial(BoundedHttp, limits=limits)
    ws: Any = partial(BoundedWebSocket, limits=limits)
    config = uvicorn.Config(app, http=http, ws=ws, lifespan="off", log_config=None, timeout_keep_alive=30)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    config.port = 0
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1], connections
    finally:
        await server.shutdown()


async def sent(port: int, *parts: bytes) -> bytes:
    """What is answered to these bytes until the connection ends; what can't be sent any more isn't."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        return await reader.read()
    except (ConnectionResetError, BrokenPipeError):
        return b""
    finally:
        writer.close()


def status_and_code(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    return int(head.split(b" ")[1]), json.loads(body)["code"]


# Each case passes the limit with its last part: what is sent after the end would make the kernel drop the answer.
def asked(*parts: bytes, **limits: Any) -> tuple[int, str]:
    async def ask() -> bytes:
        async with serving(**limits) as (port, _):
            return await sent(port, *parts)

    return status_and_code(asyncio.run(ask()))


@pytest.mark.parametrize(
    "parts",
    [
        (LINE, *[b"a: b\r\n"] * 101),
        (LINE + b"a: b\r\n" * 101,),
        (LINE + b"x: " + b"a" * MAX_BYTES + b"\r\n\r\n",),
        (LINE + b"x: ", *[b"a" * 500] * 4),
        (LINE, *[b"%d: %s\r\n" % (n, b"a" * 100) for n in range(19)]),
        (LINE + b"n" * 500, *[b"n" * 500] * 3),
        (b"GET /" + b"a" * MAX_BYTES + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",),
        (b"GET /", *[b"a" * 500] * 4),
        (POST, b"1\r\nx\r\n0\r\nx: ", *[b"a" * 500] * 5),
        (POST, b"1;", *[b"a" * 500] * 4),
        (*[b"\r\n" * 250] * 5,),
    ],
    ids=[
        "lines",
        "lines at once",
        "a long header",
        "a header without end",
        "headers without end",
        "a name without end",
        "an address",
        "an address without end",
        "a trailer without end",
        "an extension of a chunk without end",
        "empty lines",
    ],
)
def test_head_that_is_too_long_is_refused_however_it_comes(parts: tuple[bytes, ...]) -> None:
    assert asked(*parts) == (431, "headers_too_long")


@pytest.mark.parametrize("parts", [(LINE,), (LINE + b"\r\n", b"GET"), (b"\r\n",)])
def test_head_that_does_not_come_in_time_ends_the_connection(parts: tuple[bytes, ...]) -> None:
    async def ask() -> bytes:
        async with serving(within_s=0.2) as (port, _):
            return await sent(port, *parts)

    answer = asyncio.run(ask())

    assert status_and_code(answer[answer.rindex(b"HTTP/1.1") :]) == (408, "request_too_slow")


def test_connection_that_asks_for_nothing_is_closed_without_a_word() -> None:
    async def ask() -> tuple[bytes, int]:
        async with serving(within_s=0.2) as (port, connections):
            return await sent(port), connections.open

    assert asyncio.run(ask()) == (b"", 0)


@pytest.mark.parametrize(
    "first", [b"garbage\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\x00"]
)
def test_what_is_no_request_is_refused_as_a_problem(first: bytes) -> None:
    assert asked(first) == (400, "bad_request")


@pytest.mark.parametrize(
    ("target", "host"),
    [(b"http://evil.test/a?b", "evil.test"), (b"http://evil.test:81/a", "evil.test:81"), (b"/a", "localhost")],
)
def test_host_of_the_target_counts_more_than_the_header(target: bytes, host: str) -> None:
    async def ask() -> bytes:
        async with serving() as (port, _):
            request = b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % target
            return await sent(port, request)

    assert json.loads(asyncio.run(ask()).partition(b"\r\n\r\n")[2]) == [host, "/a", 0]


def test_requests_one_after_the_other_and_bodies_of_any_length_are_taken() -> None:
    head = LINE + b"Content-Length: 100000\r\n"
    chunks = [b"10\r\n" + b"x" * 16 + b"\r\n"] * 500

    async def ask() -> bytes:
        async with serving(within_s=1) as (port, _):
            parts = [head + b"\r\n" + b"x" * 100_000, POST, *chunks, b"0\r\n\r\n", LINE + b"Connection: close\r\n\r\n"]
            return await sent(port, *parts)

    answer = asyncio.run(ask())

    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert [size in answer for size in (b"100000]", b"8000]", b" 0]")] == [True] * 3


@pytest.mark.parametrize("limits", [{"most": 2}, {"of_an_address": 2}])
def test_connections_are_limited_and_their_places_come_back(limits: dict[str, int]) -> None:
    async def ask() -> tuple[bytes, bytes]:
        async with serving(**limits) as (port, connections):
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            refused = await sent(port)
            for _, writer in held:
                writer.close()
            await _until(lambda: connections.open == 0)
            return refused, await sent(port, LINE + b"Connection: close\r\n\r\n")

    refused, after = asyncio.run(ask())

    assert status_and_code(refused) == (503, "too_many_connections")
    assert after.startswith(b"HTTP/1.1 200 OK")


def test_web_socket_counts_as_one_connection_until_it_ends() -> None:
    async def ask() -> tuple[int, int]:
        async with serving(most=2) as (port, connections):
            async with connect(f"ws://127.0.0.1:{port}/ws"), connect(f"ws://127.0.0.1:{port}/ws"):
                during = connections.open
                with pytest.raises((InvalidStatus, ConnectionResetError)):
                    await connect(f"ws://127.0.0.1:{port}/ws")
            await _until(lambda: connections.open == 0)
            return during, connections.open

    assert asyncio.run(ask()) == (2, 0)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)

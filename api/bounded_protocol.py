"""uvicorn's HTTP over httptools with limits that it lacks: of connections, and of a request's head in bytes and time.

It leans on names of uvicorn.protocols.http.httptools_impl that are no public interface;
tests/unit/api/test_bounded_protocol.py is the contract.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from api.connections import Connections
from api.problems import MEDIA_TYPE, ProblemError, problem_body
from api.request_limits import PROTECTIONS
from stream_app.settings import Settings

log = structlog.get_logger()

# As Apache has it (LimitRequestFields): each header costs some 200 bytes beside its own, so bytes alone bound nothing.
MAX_HEADERS = 100
_BAD_REQUEST = ProblemError(400, "bad_request", "what came is no request of HTTP/1.1")


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take, and the count of all of them."""

    max_head_bytes: int
    head_within_s: float
    connections: Connections


def connection_limits(settings: Settings) -> ConnectionLimits:
    """As the settings have them, with nobody connected yet."""
    connections = Connections(settings.api_max_connections, settings.api_max_address_connections)
    return ConnectionLimits(settings.api_max_header_bytes, settings.api_header_timeout_s, connections)


class HeadTooLongError(Exception):
    """Raised in a callback of httptools, which ends its parsing."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. A head is what stands before the body: the request's line and its headers."""

    def __init__(self, *, limits: ConnectionLimits, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._problem = _BAD_REQUEST
        self._leave: Callable[[], None] = _nothing
        self._deadline: asyncio.TimerHandle | None = None
        self._is_head_next = True  # whatever comes now belongs to one
        self._steps = 0  # complete heads, parts of bodies, and ends
        self._bytes_since_step = 0  # within one header httptools keeps what came and says nothing
        self._parsed_bytes = 0  # of this head

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a place, or say that there is none."""
        super().connection_made(transport)
        address = _address(self.client)
        self._leave = self._limits.connections.place(address)
        if (complaint := self._limits.connections.complaint(address)) is not None:
            self._refuse(ProblemError(503, "too_many_connections", complaint))
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._end_waiting()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; what makes no step is a part of a head, or of the headers behind a body in chunks."""
        if self.transport.is_closing():
            return
        steps = self._steps
        super().data_received(data)
        if self._steps != steps:
            self._bytes_since_step = 0
            return
        self._bytes_since_step += len(data)
        if self._bytes_since_step > self._limits.max_head_bytes:
            self._refuse(self._too_long())
        elif self._is_head_next and (self.cycle is None or self.cycle.response_complete):
            self._await_head()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection on; the WebSocket has a place of its own by then."""
        super().handle_websocket_upgrade()
        self._leave()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._parsed_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > MAX_HEADERS:
            self._stop(ProblemError(431, "headers_too_long", f"a request may have {MAX_HEADERS} headers"))

    def on_headers_complete(self) -> None:
        """End the wait for the head. A host in the address counts more than the header Host (RFC 9112, 3.2.2)."""
        self._end_waiting()
        self._steps += 1
        self._is_head_next = False
        target = httptools.parse_url(self.url)
        if target.host is not None:
            self.headers[:] = [header for header in self.headers if header[0] != b"host"] + [_host_of(target)]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, which the app bounds."""
        self._steps += 1
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next byte belongs to another head."""
        self._steps += 1
        self._is_head_next = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what can't be parsed, or was stopped, as a problem; uvicorn's `msg` says less."""
        log.info("connection.refused", code=self._problem.code, client=self.client, words=msg)
        self._refuse(self._problem)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._limits.head_within_s, self._head_is_late)

    def _end_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        """Nothing is said to a connection that never asked for anything: browsers open some in advance."""
        self._deadline = None
        if self._bytes_since_step:
            detail = f"the request's headers were not there after {self._limits.head_within_s:g} s"
            self._refuse(ProblemError(408, "request_too_slow", detail))
        elif not self.transport.is_closing():
            self.transport.close()

    def _count(self, size: int) -> None:
        self._parsed_bytes += size
        if self._parsed_bytes > self._limits.max_head_bytes:
            self._stop(self._too_long())

    def _too_long(self) -> ProblemError:
        most = self._limits.max_head_bytes
        return ProblemError(431, "headers_too_long", f"a request's address and headers may have {most} bytes")

    def _stop(self, problem: ProblemError) -> None:
        self._problem = problem
        raise HeadTooLongError

    def _refuse(self, problem: ProblemError) -> None:
        """The problem as the last that this connection gets."""
        if not self.transport.is_closing():
            self.transport.write(_written(problem))
            self.transport.close()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which counts as a connection like any other."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], *, limits: ConnectionLimits
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._limits = limits
        self._leave: Callable[[], None] = _nothing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place; there is one, since the request had one."""
        super().connection_made(transport)
        self._leave = self._limits.connections.place(_address(self.client))

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._leave()
        super().connection_lost(exc)


def _address(client: tuple[str, int] | None) -> str:
    return client[0] if client is not None else ""


def _host_of(target: Any) -> tuple[bytes, bytes]:
    host: bytes = b"[%b]" % target.host if b":" in target.host else target.host
    return b"host", b"%b:%d" % (host, target.port) if target.port is not None else host


def _written(problem: ProblemError) -> bytes:
    body = json.dumps(problem_body(problem)).encode()
    headers = {"Content-Type": MEDIA_TYPE, "Content-Length": len(body), "Connection": "close", **PROTECTIONS}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    begin = f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"
    return "\r\n".join([begin, *lines, "", ""]).encode() + body


def _nothing() -> None:
    """Where no place was taken."""

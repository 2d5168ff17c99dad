"""A client of Server-Sent Events on a bare socket: it reads when it is told to, and sees every byte."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

READ_BYTES = 65_536
FIELDS = ("id: ", "event: ", "data: ")


@dataclass(slots=True)
class Told:
    """One event; a heartbeat that carries an id has no name."""

    name: str = ""
    id: str | None = None
    data: Any = None


@dataclass(slots=True)
class EventSource:
    """One stream: the head of its answer, and what was read of its body."""

    connection: socket.socket
    status: int = 0
    head: str = ""
    last_id: str | None = None
    _rest: bytes = b""
    _told: list[Told] = field(default_factory=list)

    def next(self, within_s: float = 10.0) -> Told:
        """The next event; raises EOFError where the stream has ended and TimeoutError where none comes."""
        deadline = time.monotonic() + within_s
        while not self._told:
            self._read(deadline)
        told = self._told.pop(0)
        self.last_id = told.id or self.last_id
        return told

    def take(self, count: int, within_s: float = 10.0) -> list[Told]:
        """So many events of stores and reports, and nothing else between them but heartbeats."""
        found: list[Told] = []
        while len(found) < count:
            told = self.next(within_s)
            if told.name:
                found.append(told)
        return found

    def rest(self, within_s: float = 10.0) -> list[Told]:
        """Everything up to the stream's end."""
        found: list[Told] = []
        while True:
            try:
                found.append(self.next(within_s))
            except EOFError:
                return found

    def is_silent(self, for_s: float) -> bool:
        """Whether no event comes for so long."""
        try:
            self._read(time.monotonic() + for_s)
        except TimeoutError:
            return not self._told
        return False

    def _read(self, deadline: float) -> None:
        self.connection.settimeout(max(deadline - time.monotonic(), 0.001))
        received = self.connection.recv(READ_BYTES)
        if not received:
            raise EOFError
        self.receive(received)

    def receive(self, body: bytes) -> None:
        """Take in bytes of the body."""
        *blocks, self._rest = (self._rest + body).split(b"\n\n")
        self._told += [told for block in blocks if (told := _parsed(block)) is not None]


def _parsed(block: bytes) -> Told | None:
    """Lines that begin with no field's name are the chunks' sizes and ends, or comments."""
    fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if line.startswith(FIELDS))
    if not fields:
        return None
    return Told(fields.get("event", ""), fields.get("id"), json.loads(fields.get("data", "null")))


@contextmanager
def event_source(
    url: str, path: str, last_id: str | None = None, receive_buffer: int | None = None
) -> Iterator[EventSource]:
    """An open stream; `receive_buffer` (bytes) is the kernel's, small where the client shall never read."""
    where = urlsplit(url)
    with socket.socket() as connection:
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(10)
        connection.connect((where.hostname, where.port))
        last = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n{last}\r\n".encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(READ_BYTES if receive_buffer is None else 256)
        head, _, rest = received.partition(b"\r\n\r\n")
        source = EventSource(connection, int(head.split()[1]), head.decode().lower())
        source.receive(rest)
        yield source

"""A TCP relay that holds an upload in its middle, so that what happens then happens there for sure."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

_CHUNK = 1 << 16


class StallingRelay:
    """Passes on what its clients send, up to `limit` bytes over all connections; `stalled` says that it got there.

    `refused` counts the connections that it had no server for.
    """

    def __init__(self, port: int, limit: int) -> None:
        self._port = port
        self._left = limit
        self._lock = Lock()
        self._connections: list[socket.socket] = []
        self._goes_on = Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve)
        self.stalled = Event()
        self.refused = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def let_through(self) -> None:
        """Cut what is open, and hold nothing any more."""
        self._goes_on.set()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def start(self) -> None:
        """Take connections."""
        self._thread.start()

    def close(self) -> None:
        """Cut everything."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()
        self.let_through()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._port))
                except ConnectionRefusedError:
                    client.close()
                    self.refused += 1
                    continue
                with self._lock:
                    self._connections += [client, server]
                Thread(target=self._pump, args=(client, server, True), daemon=True).start()
                Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_counted: bool) -> None:  # noqa: FBT001
        with suppress(OSError):  # either end may go at any time
            while data := source.recv(_CHUNK):
                if is_counted:
                    self._hold(len(data))
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _hold(self, count: int) -> None:
        with self._lock:
            self._left -= count
            is_over = self._left < 0
        if is_over and not self._goes_on.is_set():
            self.stalled.set()
            self._goes_on.wait()


@contextmanager
def stalling_relay(port: int, limit: int) -> Iterator[StallingRelay]:
    """One that runs."""
    relay = StallingRelay(port, limit)
    relay.start()
    try:
        yield relay
    finally:
        relay.close()

"""The socket of the API, and its address for those who look for it."""

import errno
import ipaddress
import os
import socket
from pathlib import Path

import msgspec

from stream_app.atomic_file import replacing
from stream_app.errors import StoreMonitorError

_BACKLOG = 2048
_UNTAKEN_MS = 15_000
_UNSENT_BYTES = 64 << 10


class CannotListenError(StoreMonitorError):
    """The API can't have its address."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        self.host = host
        self.port = port
        what = "is taken" if cause.errno == errno.EADDRINUSE else f"can't be used ({cause.strerror or cause})"
        super().__init__(
            f"port {port} on {host} {what}: choose another with --api-port N or API_PORT=N, 0 for any free one"
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and listening, so that nobody else can have the port; raises CannotListenError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListenError(host, port, error) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _let_go_of_the_deaf(listening)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotListenError(host, port, error) from error
    return listening


def _let_go_of_the_deaf(listening: socket.socket) -> None:
    """Every accepted connection inherits it: what the client has no room for is held by us, where it is counted.

    One that takes nothing for 15 s is reset by the kernel (tcp(7)), also with a download: asyncio's close() would wait
    for it without end. Where the system lacks an option, streams still end by their own time limits.
    """
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MS)


def url_of(listening: socket.socket) -> str:
    """Where this machine reaches the socket; one that listens everywhere is reached on loopback."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")  # noqa: PLR2004 - IPv4
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"  # noqa: PLR2004 - IPv6


def write_address(path: Path, url: str, instance: str) -> None:
    """Say where the API of this process is, and by what name `/health/live` tells it from another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(msgspec.json.encode({"url": url, "pid": os.getpid(), "instance": instance}))

"""The names that this API answers for: any other may be a foreign page's, made to mean this machine."""

import ipaddress
from dataclasses import dataclass

from starlette.datastructures import Headers

from api.problems import ProblemError
from stream_app.http_names import host_of, is_loopback
from stream_app.settings import Settings

_REMEDY = "ask by a name of this machine, such as 127.0.0.1, or let API_HOSTS name the one that you use"


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """Names and addresses; `endings` begin with a dot. Names of loopback are always known.

    Where the API listens on every address, the one that a connection came in by is known too: it is an address, which
    no foreign name can be, and what probes by address use.
    """

    names: frozenset[str]
    endings: tuple[str, ...]
    is_local_address_known: bool

    def check(self, headers: Headers, local_address: str | None) -> None:
        """Raise ProblemError (421) unless the request names one known host; `local_address` is the connection's own."""
        given = headers.getlist("host")
        if len(given) != 1:
            raise ProblemError(421, "unknown_host", f"the request has {len(given)} headers Host, not one: {_REMEDY}")
        host = host_of(given[0])
        if host is None or not self._knows(host, local_address):
            raise ProblemError(421, "unknown_host", f"this API doesn't answer for {given[0][:256]!r}: {_REMEDY}")

    def _knows(self, host: str, local_address: str | None) -> bool:
        return (
            is_loopback(host)
            or host in self.names
            or host.endswith(self.endings)
            or (self.is_local_address_known and host == local_address)
        )


def known_hosts(settings: Settings) -> KnownHosts:
    """Those of API_HOSTS, and the one that the API binds to."""
    patterns = {pattern for pattern in settings.api_hosts if pattern.startswith("*.")}
    bound = host_of(f"[{settings.api_host}]") or host_of(settings.api_host) or settings.api_host
    return KnownHosts(
        names=frozenset({*settings.api_hosts, bound} - patterns),
        endings=tuple(pattern.removeprefix("*") for pattern in patterns),
        is_local_address_known=_is_every_address(bound),
    )


def _is_every_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False

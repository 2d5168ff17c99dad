"""Hosts and origins as HTTP writes them, each brought to one spelling, so that two can be compared."""

import ipaddress
import re

_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::(?P<port>[0-9]{0,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def host_of(authority: str) -> str | None:
    """The host of `host` or `host:port`: lower case, no dot at the end, IPv6 without brackets; None where it is none.

    An address is given in the one way that `ipaddress` writes it; `127.1` or `0x7f.1` stay names like any other.
    """
    found = _AUTHORITY.fullmatch(authority.lower())
    if found is None:
        return None
    if found["ipv6"] is not None:
        return _ipv6(found["ipv6"])
    name = found["name"].removesuffix(".")
    return name if name and not name.startswith(".") and ".." not in name else None


def host_pattern(text: str) -> str:
    """A host, or `*.` and the end of names, as an operator writes it; raises ValueError."""
    bare = text.lower().removeprefix("*.").strip("[]")
    name = _ipv6(bare) if ":" in bare else host_of(bare)
    if name is None:
        message = f"{text!r} is no host: write monitor.example.com, *.example.com or 192.0.2.7, without scheme and port"
        raise ValueError(message)
    return f"*.{name}" if text.startswith("*.") else name


def origin_of(text: str) -> str | None:
    """`scheme://host:port` with the port always there (RFC 6454), None for `null` and for what is no origin of HTTP."""
    scheme, separator, authority = text.lower().partition("://")
    host = host_of(authority)
    if not separator or scheme not in _DEFAULT_PORTS or host is None:
        return None
    found = _AUTHORITY.fullmatch(authority)
    port = (found and found["port"]) or _DEFAULT_PORTS[scheme]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def spellings(origin: str) -> tuple[str, ...]:
    """An origin of origin_of() as browsers send it, which leave out the scheme's own port, and with it."""
    scheme, _, rest = origin.partition("://")
    return tuple(dict.fromkeys((f"{scheme}://{rest.removesuffix(f':{_DEFAULT_PORTS[scheme]}')}", origin)))


def origin_given(text: str) -> str:
    """An origin as an operator writes it; raises ValueError."""
    origin = origin_of(text)
    if origin is None:
        raise ValueError(f"{text!r} is no origin: write https://dashboard.example.com or http://10.0.0.7:3000")
    return origin


def is_loopback(host: str) -> bool:
    """Whether a host, as host_of() gives it, can only mean the machine itself (RFC 6761 for `localhost`)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ipv6(text: str) -> str | None:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        return None

"""Which names a request may ask by."""

import pytest
from starlette.datastructures import Headers

from api.known_hosts import known_hosts
from api.problems import ProblemError
from stream_app.settings import load_settings

UNKNOWN = (421, "unknown_host", True)
HOSTS = "Monitor.Example.com *.stores.example.com 192.0.2.7 [2001:DB8::7]"


def refusal(*hosts: str, local: str = "10.1.2.3", **settings: str) -> tuple[int, str, bool] | None:
    """Status and code, and whether the setting to use is named."""
    raw = [(b"host", host.encode("latin-1")) for host in hosts]
    try:
        known_hosts(load_settings({"API_HOSTS": HOSTS, **settings})).check(Headers(raw=raw), local)
    except ProblemError as error:
        return error.status, error.code, "API_HOSTS" in error.detail
    return None


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "localhost.",
        "localhost:",
        "s3.localhost",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.255.0.9:80",
        "[::1]",
        "[0:0:0:0:0:0:0:1]:8000",
        "monitor.example.com",
        "MONITOR.example.COM.:443",
        "a.stores.example.com",
        "a.b.stores.example.com",
        "192.0.2.7:9",
        "[2001:db8:0::7]",
    ],
)
def test_names_of_loopback_and_those_of_the_setting_are_answered_for(host: str) -> None:
    assert refusal(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:8000",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "evillocalhost",
        "stores.example.com",
        "evilstores.example.com",
        "example.com",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "0.0.0.0",  # noqa: S104 - a name that is asked by
        "10.1.2.3",
        "[::]",
        "[::ffff:10.1.2.3]",
        "::1",
        "localhost@evil.test",
        "localhost/evil.test",
        "localhost, evil.test",
        "localhost:80:80",
        "localhost:x",
        "localhost..",
        ".localhost",
        "user:localhost",
        "localhöst",
        "",
        " ",
    ],
)
def test_any_other_name_is_refused_with_the_setting_to_use(host: str) -> None:
    assert refusal(host) == UNKNOWN


def test_request_without_a_host_or_with_two_is_refused() -> None:
    assert refusal() == refusal("localhost", "localhost") == refusal("localhost", "evil.test") == UNKNOWN


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])  # noqa: S104 - what is tested
def test_address_that_a_connection_came_in_by_is_known_where_all_are_listened_on(bound: str) -> None:
    assert refusal("10.1.2.3:8000", API_HOST=bound) is None
    assert refusal("10.1.2.4:8000", API_HOST=bound) == UNKNOWN
    assert refusal("evil.test", API_HOST=bound) == UNKNOWN


@pytest.mark.parametrize(("bound", "host"), [("monitor.lan", "monitor.lan:80"), ("fe80:0::1", "[fe80::1]")])
def test_name_that_is_bound_is_known(bound: str, host: str) -> None:
    assert refusal(host, API_HOST=bound) is None
    assert refusal(host) == UNKNOWN

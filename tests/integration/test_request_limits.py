"""The limits of the running API: slow callers lose their places, and the others get theirs."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx

from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.waiting import comes_true

PLACES = 3


@contextmanager
def silent_broker() -> Iterator[str]:
    """Something that takes connections and never answers, where Kafka should be."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def slow_post(sidecar: Sidecar) -> socket.socket:
    """A request whose body stops after its first byte."""
    url = sidecar.http.base_url
    connection = socket.create_connection((url.host, url.port or 80), 10)
    connection.sendall(
        b"POST /reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
    )
    return connection


def refused(sidecar: Sidecar) -> httpx.Response:
    return sidecar.http.get("/health/live")


def test_places_are_limited_and_slow_bodies_give_theirs_back(tmp_path: Path) -> None:
    limits = {"API_MAX_REQUESTS": str(PLACES), "API_TIMEOUT": "2"}
    with silent_broker() as broker, running_sidecar(api_environment(tmp_path, broker, **limits)) as sidecar:
        with ExitStack() as stack:
            slow = [stack.enter_context(closing(slow_post(sidecar))) for _ in range(PLACES)]
            assert comes_true(lambda: refused(sidecar).status_code == 503)
            busy = refused(sidecar)
            heard = [b"".join(iter(lambda: one.recv(4096), b"")) for one in slow]  # noqa: B023 - used up at once
        after = refused(sidecar)

    assert (busy.json()["code"], busy.headers["retry-after"]) == ("too_many_requests", "1")
    assert busy.headers["x-request-id"]
    assert all(answer.startswith(b"HTTP/1.1 408 ") and b'"request_too_slow"' in answer for answer in heard)
    assert after.status_code == 200


def test_answer_that_takes_too_long_is_refused_by_name(tmp_path: Path) -> None:
    with (
        silent_broker() as broker,
        running_sidecar(api_environment(tmp_path, broker, API_TIMEOUT="0.3")) as sidecar,
    ):
        late = sidecar.http.get("/health/ready", headers={"X-Request-ID": "late-1"})
        alive = sidecar.http.get("/health/live")

    assert (late.status_code, late.json()["code"]) == (503, "timed_out")
    assert late.headers["x-request-id"] == "late-1"
    assert alive.status_code == 200

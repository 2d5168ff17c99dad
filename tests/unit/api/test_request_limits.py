"""What holds for every request, whatever answers it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from api.problems import add_problem_handlers
from api.request_limits import RequestLimits

Ask = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


class UnforeseenError(Exception):
    """Nothing that the app foresees."""


def app() -> FastAPI:
    made = FastAPI()
    add_problem_handlers(made)

    @made.get("/never")
    async def never() -> None:
        await asyncio.Event().wait()

    @made.delete("/never")
    async def delete() -> None:
        return

    @made.get("/stream")
    async def stream() -> StreamingResponse:
        async def slowly() -> AsyncIterator[bytes]:
            yield b"a"
            await asyncio.sleep(0.3)
            yield b"b"

        return StreamingResponse(slowly())

    @made.get("/broken")
    async def broken() -> None:
        raise UnforeseenError

    @made.get("/own-timeout")
    async def own_timeout() -> None:
        raise TimeoutError

    @made.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    made.middleware_stack = RequestLimits(
        made.build_middleware_stack(), max_body_bytes=10, max_requests=2, timeout_s=0.1
    )
    return made


def answers(*asked: Ask) -> list[httpx.Response]:
    """All at once."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await asyncio.gather(*(one(client) for one in asked))

    return asyncio.run(ask())


async def too_slow() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


def test_answer_that_does_not_begin_is_refused_and_one_that_has_begun_is_not() -> None:
    never, stream = answers(lambda api: api.get("/never"), lambda api: api.get("/stream"))

    assert (never.status_code, never.json()["code"]) == (503, "timed_out")
    assert (stream.status_code, stream.content) == (200, b"ab")


def test_body_that_does_not_come_is_refused_and_the_connection_ends() -> None:
    (slow,) = answers(lambda api: api.post("/length", content=too_slow()))

    assert (slow.status_code, slow.json()["code"], slow.headers["connection"]) == (408, "request_too_slow", "close")


def test_more_requests_than_allowed_are_refused_until_there_is_room() -> None:
    found = answers(*[lambda api: api.get("/stream")] * 3)

    assert sorted(answer.status_code for answer in found) == [200, 200, 503]
    (refused,) = [answer for answer in found if answer.status_code == 503]
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("too_many_requests", "1")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/broken", 500, "internal_error"),
        ("/own-timeout", 500, "internal_error"),
        ("/nowhere", 404, "not_found"),
        ("/length", 405, "method_not_allowed"),
        ("/never", 503, "timed_out"),
    ],
)
def test_errors_of_every_kind_are_problems_with_the_request_s_id(path: str, status: int, code: str) -> None:
    (answer,) = answers(lambda api: api.get(path, headers={"X-Request-ID": "abc-1"}))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["x-request-id"] == "abc-1"


def test_methods_allowed_are_those_of_every_route_of_the_path() -> None:
    (answer,) = answers(lambda api: api.put("/never"))

    assert answer.headers["allow"] == "DELETE, GET"


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "é", "a\tb", "<script>"])
def test_id_that_could_not_stand_in_a_log_is_replaced(given: str) -> None:
    (answer,) = answers(lambda api: api.get("/nowhere", headers={b"X-Request-ID": given.encode()}))

    assert len(answer.headers["x-request-id"]) == 32

"""What holds for every request: its id, its body's length, the time it may take, and how many there are at a time."""

import asyncio
import re
import uuid
from collections.abc import Callable
from contextlib import ExitStack

import structlog
from fastapi import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BodyTooLongError, ProblemError, problem_answer, unforeseen

log = structlog.get_logger()

REQUEST_ID = "X-Request-ID"
EVENT_STREAM = "text/event-stream"

# For browsers: no other origin's page may take an answer for its own image, script or frame. Pages have a policy that
# says more.
PROTECTIONS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'none'",
}

_SAFE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class RequestLimits:
    """ASGI middleware around the whole app; what it refuses is a problem too.

    An answer has to begin within `timeout_s`, its request's body read by then; once begun, as a download or a stream,
    it takes as long as it takes.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, max_requests: int, timeout_s: float) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_requests = max_requests
        self._timeout_s = timeout_s
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        with ExitStack() as place, structlog.contextvars.bound_contextvars(request_id=request_id):
            self._under_way += 1
            place.callback(self._leave)
            reply = _Reply(send, request_id, place.close)
            try:
                await self._answer(scope, receive, reply)
            except Exception as error:
                if reply.has_begun:  # by the framework's own answer, which raises the error again for the log
                    raise
                log.exception("request.failed", path=scope["path"])
                await problem_answer(unforeseen(error))(scope, receive, reply)

    def _leave(self) -> None:
        self._under_way -= 1

    async def _answer(self, scope: Scope, receive: Receive, reply: "_Reply") -> None:
        if self._under_way > self._max_requests:
            busy = ProblemError(503, "too_many_requests", f"{self._max_requests} requests are being answered already")
            await problem_answer(busy, {"Retry-After": "1"})(scope, receive, reply)
            return
        body = _Body(receive, Headers(scope=scope), self._max_body_bytes)
        reply.deadline = asyncio.timeout(self._timeout_s)
        try:
            async with reply.deadline:
                await self._app(scope, body, reply)
        except TimeoutError:
            if not reply.deadline.expired():  # it is the app's own
                raise
            log.warning("request.timed_out", path=scope["path"], is_body_missing=body.is_awaited)
            await self._timed_out(body)(scope, receive, reply)

    def _timed_out(self, body: "_Body") -> Response:
        within = f"after {self._timeout_s:g} s"
        if body.is_awaited:  # the rest of it may still come, which must not be taken for another request
            slow = ProblemError(408, "request_too_slow", f"the request's body was not there {within}")
            return problem_answer(slow, {"Connection": "close"})
        return problem_answer(ProblemError(503, "timed_out", f"there was no answer {within}"))


class _Reply:
    """Send, with the request's id among the headers; what has begun in time has no deadline any more.

    A stream of events gives up its place then: PUSH_MAX_CLIENTS bounds those.
    """

    def __init__(self, send: Send, request_id: str, leave: Callable[[], None]) -> None:
        self._send = send
        self._request_id = request_id
        self._leave = leave
        self.deadline: asyncio.Timeout | None = None
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self._request_id
            for name, value in PROTECTIONS.items():
                headers.setdefault(name, value)
            if self.deadline is not None and not self.deadline.expired():
                self.deadline.reschedule(None)
            if headers.get("content-type", "").startswith(EVENT_STREAM):
                self._leave()
        await self._send(message)


class _Body:
    """Receive, up to a number of bytes: as it is announced, or as it comes; raises BodyTooLongError."""

    def __init__(self, receive: Receive, headers: Headers, max_bytes: int) -> None:
        announced = headers.get("content-length", "0")
        self._is_refused = announced.isdecimal() and int(announced) > max_bytes
        self._receive = receive
        self._max_bytes = self._left = max_bytes
        self.is_awaited = False

    async def __call__(self) -> Message:
        if self._is_refused:
            raise BodyTooLongError(self._max_bytes)
        self.is_awaited = True
        message = await self._receive()
        self.is_awaited = False
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLongError(self._max_bytes)
        return message


def _request_id(headers: Headers) -> str:
    """The caller's, where it can stand in a log and a header, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex

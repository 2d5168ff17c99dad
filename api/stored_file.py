"""A file sent whole or in part: Starlette's FileResponse, with its refusals as RFC 9110 and this API have them."""

import re
from os import PathLike
from pathlib import Path

from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from api.problems import ProblemError, problem_answer

_RANGES = re.compile(r"bytes=(?:(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})(?:,[ \t]*|$))+")


class StoredFile(FileResponse):
    """A Range that can't be read is ignored (14.2), one past the end is a problem, and so is a file that is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a part of it, or why there is none."""
        given = Headers(scope=scope).get("range") if scope["method"] == "GET" else None
        if given is None:
            await self._send_found(scope, receive, send)
        elif not _is_readable(given):
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await self._send_found({**scope, "headers": headers}, receive, send)
        elif _is_past(given, size := self._size()):
            problem = ProblemError(416, "range_not_satisfiable", f"the file has {size} bytes")
            await problem_answer(problem, {"Content-Range": f"bytes */{size}"})(scope, receive, send)
        else:
            await self._send_found(scope, receive, send)

    async def _send_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The file may go between its stat and its opening, which Starlette does after it has sent the status."""
        held = _HeldStart(send)
        try:
            await super().__call__(scope, receive, held)
        except FileNotFoundError as error:
            if held.has_begun:
                raise
            raise file_gone(self.path) from error

    def _size(self) -> int:
        return int(self.headers["content-length"])


class _HeldStart:
    """Send, which keeps the status and the headers back until there are bytes to go with them."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self._start is not None:
            self.has_begun = True
            start, self._start = self._start, None
            await self._send(start)
        await self._send(message)


def file_gone(path: str | PathLike[str]) -> ProblemError:
    """Somebody else removed a report's file, or changed it."""
    return ProblemError(410, "report_file_gone", f"the file {Path(path).name} was removed or changed")


def _is_readable(given: str) -> bool:
    return _RANGES.fullmatch(given) is not None and all(
        not (first and last) or int(first) <= int(last) for first, last in _edges(given)
    )


def _is_past(given: str, size: int) -> bool:
    """Whether one of the ranges begins at the end or later; `-0` does, too."""
    return any(int(first) >= size if first else int(last) == 0 or size == 0 for first, last in _edges(given))


def _edges(given: str) -> list[tuple[str, str]]:
    parts = (part.strip() for part in given.removeprefix("bytes=").split(","))
    return [(part.partition("-")[0], part.partition("-")[2]) for part in parts if part]

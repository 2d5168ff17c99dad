"""A file sent whole or in part: Starlette's FileResponse, with its refusals as RFC 9110 and this API have them."""

import re

from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from api.problems import ProblemError, problem_answer

_RANGES = re.compile(r"bytes=(?:(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})(?:,[ \t]*|$))+")


class StoredFile(FileResponse):
    """A Range that can't be read is ignored (14.2), one past the end is a problem."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a part of it, or why there is none."""
        given = Headers(scope=scope).get("range")
        if given is None:
            await super().__call__(scope, receive, send)
        elif not _is_readable(given):
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": headers}, receive, send)
        elif _is_past(given, size := self._size()):
            problem = ProblemError(416, "range_not_satisfiable", f"the file has {size} bytes")
            await problem_answer(problem, {"Content-Range": f"bytes */{size}"})(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def _size(self) -> int:
        return int(self.headers["content-length"])


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

"""Server-Sent Events: a response that writes what a stream gives, and gives up on a client that doesn't read.

Why not sse-starlette: it takes four tasks a client, its pings can't carry the id to resume from, and it patches
uvicorn's handling of signals. This is the rest of it that is needed.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.problems import ProblemError, problem_answer
from api.push import Push
from api.pushed import Pushed
from api.request_limits import EVENT_STREAM
from api.write_limit import WriteLimit


class EventStream(Response):
    """What `pushed` gives, as it comes; 503 where there are too many streams already."""

    media_type = EVENT_STREAM

    def __init__(self, push: Push, pushed: AsyncIterator[Pushed]) -> None:
        # A proxy that buffers would hold events back, or grow with them.
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._push = push
        self._pushed = pushed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one client, until the stream ends or the client goes away."""
        try:
            with self._push.place():
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._push.until_either(self._write(send), _gone(receive))
        except ProblemError as error:
            await problem_answer(error)(scope, receive, send)

    async def _write(self, send: Send) -> None:
        async with aclosing(self._pushed) as pushed:  # type: ignore[type-var]  # they are generators
            with WriteLimit() as limit:
                async for each in pushed:
                    await limit.wait_for(send({"type": "http.response.body", "body": each.sse, "more_body": True}))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    """Return once the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass

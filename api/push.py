"""Who is being pushed to: a bounded number of streams, which all end when the API does."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

from api.problems import ProblemError
from api.status_hub import StatusHub

_CLOSED_WITHIN_S = 2.0
_RETRY_AFTER = {"Retry-After": "5"}


class Push:
    """The streams of this process, whatever they tell of."""

    def __init__(self, hub: StatusHub, max_clients: int) -> None:
        self._hub = hub
        self._max_clients = max_clients
        self._streams: set[asyncio.Task[None]] = set()
        self._places = 0
        self.closing = asyncio.Event()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Serve one more; raises ProblemError (503) where there are as many as there may be."""
        if self._places >= self._max_clients:
            message = f"{self._max_clients} streams are being served already"
            raise ProblemError(503, "too_many_streams", message, _RETRY_AFTER)
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    async def until_either(self, writing: Coroutine[None, None, None], gone: Coroutine[None, None, None]) -> None:
        """Run a stream's writer until it ends, or until `gone` says that there is nobody to write to."""
        streams = [asyncio.create_task(writing), asyncio.create_task(gone)]
        self._streams.add(streams[0])
        try:
            await asyncio.wait(streams, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for stream in streams:
                stream.cancel()
            ended = await asyncio.gather(*streams, return_exceptions=True)
            self._streams.discard(streams[0])
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def close(self) -> None:
        """End every stream with a last event, so that none holds up the API's end; clients can resume."""
        self.closing.set()
        self._hub.end_all("shutting_down", "the API is being stopped; resume with the last id")
        if self._streams:
            await asyncio.wait(self._streams, timeout=_CLOSED_WITHIN_S)

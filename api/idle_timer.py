"""A timer that is put off again and again."""

import asyncio
import math
from collections.abc import Callable
from typing import Self


class IdleTimer:
    """Calls back whenever `after_s` seconds have passed without a touch, for as long as its block runs.

    A touch notes the time and no more: asyncio's own timers go through a heap, which for thousands of streams that are
    written to at once costs as much as the writes.
    """

    def __init__(self, after_s: float, call: Callable[[], object]) -> None:
        self._after_s = after_s
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._since = math.inf

    def __enter__(self) -> Self:
        self._look_in(self._after_s)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.cancel()

    def touch(self) -> None:
        """Count from now on."""
        self._since = self._loop.time()

    def rest(self) -> None:
        """Don't count until the next touch; as it is at first."""
        self._since = math.inf

    def _look_in(self, seconds: float) -> None:
        self._handle = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        left = min(self._since, now) + self._after_s - now
        if left > 0:
            self._look_in(left)
            return
        self._since = now
        self._look_in(self._after_s)
        self._call()

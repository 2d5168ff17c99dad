"""How long one write to a client may take, where the kernel doesn't let go of the connection before: listening.py."""

import asyncio
from collections.abc import Awaitable

import structlog

from api.idle_timer import IdleTimer

log = structlog.get_logger()

SEND_WITHIN_S = 25.0


class WriteLimit(IdleTimer):
    """Cancels the task that made it once one of its writes takes longer than SEND_WITHIN_S."""

    def __init__(self) -> None:
        super().__init__(SEND_WITHIN_S, self._cut_off)
        self._task = asyncio.current_task()

    async def wait_for(self, write: Awaitable[None]) -> None:
        """Until the write is done."""
        self.touch()
        await write
        self.rest()

    def _cut_off(self) -> None:
        log.info("push.cut_off", reason="not_reading", within_s=SEND_WITHIN_S)
        if self._task is not None:
            self._task.cancel()

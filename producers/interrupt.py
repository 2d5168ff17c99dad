"""Work that Ctrl-C or SIGTERM ends in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from stream_app.errors import StoreMonitorError

_Result = TypeVar("_Result")


class InterruptedBySignalError(StoreMonitorError):
    """The work was cut short from outside; the exit code is the shell's, 128 and the signal's number."""

    def __init__(self, number: signal.Signals) -> None:
        self.exit_code = 128 + number
        super().__init__(f"stopped by {number.name} before the end; replaying the same input again is safe")


async def until_signalled(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What the work returns; cancels it at SIGINT or SIGTERM, and raises InterruptedBySignalError once it has ended.

    A signal that the parent set to be ignored stays ignored.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        received.append(number)
        task.cancel()

    caught = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    for number in caught:
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise InterruptedBySignalError(received[0]) from None
        raise
    finally:
        for number in caught:
            loop.remove_signal_handler(number)

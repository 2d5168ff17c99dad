"""Timers that are put off, and writes that take too long."""

import asyncio

import pytest

from api import write_limit
from api.idle_timer import IdleTimer
from api.write_limit import WriteLimit

AFTER_S = 0.3  # longer than a busy machine keeps a process waiting


def test_timer_calls_back_when_nothing_touched_it_and_again_after_that() -> None:
    async def called() -> float:
        clock = asyncio.get_running_loop().time
        came = asyncio.Semaphore(0)
        with IdleTimer(AFTER_S, came.release) as timer:
            timer.touch()
            touched = clock()
            await asyncio.wait_for(came.acquire(), 5)
            await asyncio.wait_for(came.acquire(), 5)
        return clock() - touched

    assert asyncio.run(called()) >= 2 * AFTER_S


def test_timer_that_is_touched_or_rests_does_not_call_back() -> None:
    async def calls() -> list[str]:
        clock, made = asyncio.get_running_loop().time, list[str]()
        with (
            IdleTimer(AFTER_S, lambda: made.append("touched")) as touched,
            IdleTimer(AFTER_S, lambda: made.append("resting")) as resting,
            IdleTimer(AFTER_S, lambda: made.append("untouched")),
        ):
            resting.touch()
            resting.rest()
            until = clock() + 4 * AFTER_S
            while clock() < until:
                touched.touch()
                await asyncio.sleep(0)
        return made

    assert asyncio.run(calls()) == []


def test_write_that_takes_too_long_ends_its_stream_and_many_short_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_limit, "SEND_WITHIN_S", AFTER_S)
    written = 0

    async def stream() -> None:
        nonlocal written
        clock = asyncio.get_running_loop().time
        with WriteLimit() as limit:
            until = clock() + 4 * AFTER_S
            while clock() < until:
                await limit.wait_for(asyncio.sleep(0))
                written += 1
            await limit.wait_for(asyncio.Event().wait())  # type: ignore[arg-type]  # nothing to be returned
            written = -1

    async def ends() -> bool:
        task = asyncio.create_task(stream())
        await asyncio.wait([task], timeout=5)
        return task.cancelled()

    assert asyncio.run(ends())
    assert written > 0

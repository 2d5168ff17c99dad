"""When polls are due."""

import asyncio

import numpy as np
import pytest

from producers.pacing import TICK_S, Speed, paced
from stream_app.errors import UsageError

SECOND = 1_000_000


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def sent(micros: list[int], factor: float, most: int = 1000) -> list[tuple[float, int, int]]:
    """When, from the start, which places were due."""
    time = FakeTime()

    async def run() -> list[tuple[float, int, int]]:
        slices = paced(np.array(micros, np.int64), factor, most, time.clock, time.sleep)
        return [(round(time.now - 100, 6), due.start, due.stop) async for due in slices]

    return asyncio.run(run())


def test_polls_are_due_when_their_time_has_passed() -> None:
    assert sent([7 * SECOND, 8 * SECOND, 8 * SECOND, 67 * SECOND], 1) == [(0, 0, 1), (1, 1, 3), (60, 3, 4)]


def test_a_factor_shortens_the_time() -> None:
    assert sent([0, 60 * SECOND, 3600 * SECOND], 60) == [(0, 0, 1), (1, 1, 2), (60, 2, 3)]


def test_polls_within_a_tick_go_together() -> None:
    due = sent([millis * 1000 for millis in range(1000)], 1)
    assert due[-1][2] == 1000
    assert len(due) <= 1 / TICK_S + 2


def test_no_more_are_due_at_once_than_wanted() -> None:
    assert sent([0] * 5, 1, most=2) == [(0, 0, 2), (0, 2, 4), (0, 4, 5)]


def test_no_polls_are_never_due() -> None:
    assert sent([], 60) == []


@pytest.mark.parametrize(
    ("text", "factor"), [("max", None), ("realtime", 1.0), ("60x", 60.0), ("0.5x", 0.5), ("1x", 1.0)]
)
def test_a_speed_is_max_realtime_or_a_factor(text: str, factor: float | None) -> None:
    assert Speed.parse(text) == Speed(factor)


@pytest.mark.parametrize("text", ["", "fast", "60", "x", "-1x", "0x", "0.0x", "1e3x", "nanx", " 2x"])
def test_anything_else_is_no_speed(text: str) -> None:
    with pytest.raises(UsageError, match="neither `max`"):
        Speed.parse(text)

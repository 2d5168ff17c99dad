"""How fast polls are sent: at once, or at the pace of their own times."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.errors import UsageError

TICK_S = 0.05
"""Polls that fall due within it are sent together, so that a fast replay is not a wake-up a poll."""

_MICROS_PER_SECOND = MICROS_PER_MINUTE // 60
_FACTOR = re.compile(r"([0-9]+(?:\.[0-9]+)?)x")


@dataclass(frozen=True, slots=True)
class Speed:
    """How many seconds of the polls' own time pass in a second; None sends everything at once."""

    factor: float | None

    @classmethod
    def parse(cls, text: str) -> "Speed":
        """`max`, `realtime` or `60x`; raises UsageError."""
        if text in ("max", "realtime"):
            return cls(None if text == "max" else 1.0)
        found = _FACTOR.fullmatch(text)
        if found is None or not float(found[1]):
            raise UsageError(f"speed {text!r} is neither `max`, nor `realtime`, nor a factor such as `60x`")
        return cls(float(found[1]))


async def paced(
    micros: NDArray[np.int64],
    factor: float,
    most: int,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
) -> AsyncGenerator[slice, None]:
    """The places of ordered times as they fall due, at most `most` at once, the first time being due immediately.

    `micros` are microseconds; a time t is due when (t - first) / factor has passed on `clock`, in seconds.
    """
    begun = clock()
    due_s = (micros - micros[:1]) / (_MICROS_PER_SECOND * factor)
    sent = 0
    while sent < len(due_s):
        due = int(np.searchsorted(due_s, clock() - begun, side="right"))
        if due <= sent:
            await sleep(max(float(due_s[sent]) - (clock() - begun), TICK_S))
            continue
        end = min(due, sent + most)
        yield slice(sent, end)
        sent = end

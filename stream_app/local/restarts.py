"""How often, and after what pause, a child that ended by itself is started again: numbers and one pure rule."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_DOUBLINGS = 60  # no pause is as long; more of them are no float


@dataclass(frozen=True, slots=True)
class RestartLimit:
    """At most `most` restarts within `window_s` seconds, None for no limit.

    The pause begins at `first_pause_s` and doubles each time, up to `longest_pause_s`.

    A worker that fails at the same record each time needs up to half a minute to get there (start, rebuild, catch up),
    and has to use up its restarts within the window to be recognised. The pauses add up to 15.5 s, so that what passes
    by itself, such as a killed worker's open transaction (TRANSACTION_TIMEOUT), has passed before it is enough.
    """

    most: int | None = 5
    window_s: float = 180.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0

    def pause_s(self, ends: Sequence[float], now: float) -> float | None:
        """Seconds to wait after the last of these ends, oldest first, by the clock of `now`; None: it is enough."""
        recent = sum(end > now - self.window_s for end in ends)
        if self.most is not None and recent > self.most:
            return None
        return min(math.ldexp(self.first_pause_s, min(recent - 1, _MOST_DOUBLINGS)), self.longest_pause_s)

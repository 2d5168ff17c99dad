"""How often, and after what pause, a child that ended by itself is started again: numbers and one pure rule."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartLimit:
    """At most `most` restarts within `window_s` seconds; the pause begins at `first_pause_s` and doubles each time.

    A worker that fails at the same record each time needs up to half a minute to get there (start, rebuild, catch up),
    and has to use up its restarts within the window to be recognised. The pauses add up to 15.5 s, so that what passes
    by itself, such as a killed worker's open transaction (TRANSACTION_TIMEOUT), has passed before it is enough.
    """

    most: int = 5
    window_s: float = 180.0
    first_pause_s: float = 0.5

    def pause_s(self, ends: Sequence[float], now: float) -> float | None:
        """Seconds to wait after the last of these ends, oldest first, by the clock of `now`; None: it is enough."""
        recent = sum(end > now - self.window_s for end in ends)
        return None if recent > self.most else self.first_pause_s * 2 ** (recent - 1)

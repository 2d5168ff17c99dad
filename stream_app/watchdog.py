"""Ends a worker that has stopped reading: alive and heartbeating it would keep its partitions for ever."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from stream_app import metrics
from stream_app.abrupt_end import end_worker
from stream_app.readable_ends import ReadableEnds
from stream_app.settings import Settings
from stream_app.stall import Reading, Stall, StallClock, StalledPartitionError

log = structlog.get_logger()

_LOOKS_A_LIMIT = 12
_LONGEST_PAUSE_S = 5.0


class Watchdog:
    """Looks at every reading a dozen times in STALL_LIMIT, from the first assignment until the process ends."""

    def __init__(self, readings: Callable[[], Sequence[Reading]], settings: Settings) -> None:
        self._readings = readings
        self._limit_s = settings.stall_limit_s
        self._pause_s = min(self._limit_s / _LOOKS_A_LIMIT, _LONGEST_PAUSE_S)
        self._ends = ReadableEnds(settings)
        self._clock = StallClock()
        self._shown: set[int] = set()
        self._loop: asyncio.Task[None] | None = None

    async def begin(self, *_args: Any, **_kwargs: Any) -> None:
        """Begin to look, unless it has begun."""
        if self._loop is None:
            self._loop = asyncio.create_task(self._watch(), name="watchdog")
            self._loop.add_done_callback(_end_on_failure)

    async def stop(self, *_args: Any, **_kwargs: Any) -> None:
        """Look no more: a worker that is being stopped reads nothing."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait([self._loop])
            await self._ends.close()

    async def _watch(self) -> None:
        now = asyncio.get_running_loop().time
        looked = now()
        while True:
            await asyncio.sleep(self._pause_s)
            ends = await self._ends.of([reading.tp for reading in self._readings()])
            # A process that was stopped, or a host that slept, comes late to its look: that time didn't run.
            ran_s, looked = min(now() - looked, 2 * self._pause_s), now()
            self._judge(self._clock.look(self._readings(), ends, ran_s))

    def _judge(self, stalls: Sequence[Stall]) -> None:
        seconds = dict.fromkeys(self._shown, 0.0)
        for stall in stalls:
            partition = stall.reading.tp.partition
            seconds[partition] = max(stall.seconds, seconds.get(partition, 0.0))
        for partition, stalled_s in seconds.items():
            metrics.show_stall(partition, stalled_s)
        self._shown = {stall.reading.tp.partition for stall in stalls}
        worst = max(stalls, key=lambda stall: stall.seconds, default=None)
        if worst is not None and worst.seconds >= self._limit_s:
            error = StalledPartitionError(worst)
            fields = {name: getattr(error, name) for name in ("partition", "topic", "seconds", "lag")}
            log.error("partition.stalled", **fields)
            end_worker(error)


def _end_on_failure(loop: "asyncio.Task[None]") -> None:
    if not loop.cancelled() and (error := loop.exception()) is not None:
        end_worker(error)

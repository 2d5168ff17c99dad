"""A worker under a steady load: one process sends polls, from when it has warmed up until the block ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_app.local.processes import ManagedProcess
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.live_polls import LiveInput
from tests.benchmarks.measured import measured, said, wait_until
from tests.benchmarks.source import Source
from tests.benchmarks.workbench import environment_of

WARM_UP_S = 5
WARM_UP_WITHIN_S, LOOK_EVERY_S = 60.0, 0.1
LEAST_SHARE_OF_LOAD = 0.95


@dataclass(frozen=True, slots=True)
class SteadyLoad:
    """What was asked for, and the file that the load and its probes share."""

    process: ManagedProcess
    input_file: Path
    asked_per_s: int

    def arrived_per_s(self) -> float:
        """What Kafka has acknowledged, once it has ended; raises BenchmarkError where that is far less than asked."""
        arrived = said(self.process, "polls_per_s")
        if arrived < LEAST_SHARE_OF_LOAD * self.asked_per_s:
            raise BenchmarkError(f"of a load of {self.asked_per_s:,} polls/s only {arrived:,.0f} came about")
        return arrived


@contextmanager
def steady_load(given: LiveInput, source: Source, folder: Path, polls_per_s: int) -> Iterator[SteadyLoad]:
    """The load while the block runs."""
    input_file = folder / "input.json"
    given.write(input_file)
    command = [sys.executable, "-m", "tests.benchmarks.live_load", str(input_file), str(polls_per_s)]
    with measured("load", command, environment_of({}), folder) as process:
        warm = sum(source.view.ends([source.topic]).values()) + WARM_UP_S * polls_per_s
        wait_until(
            process,
            lambda: sum(source.view.ends([source.topic]).values()) >= warm,
            "the load has warmed up",
            WARM_UP_WITHIN_S,
            LOOK_EVERY_S,
        )
        yield SteadyLoad(process, input_file, polls_per_s)

"""Everyone who takes in the same topic, each run as a process and measured from outside.

The clock of each begins when its first record is processed, so that starting and joining a group count for nobody, and
stops when all state is durable. Durable is what the engine itself calls so, seen in the broker: offsets are committed
behind the changelog (Kafka Streams, Quix Streams), or the changelog holds every set (stock Faust, which commits now and
then, whatever is there). Ours begins earlier, when it has its partitions, and ends when its tables hold everything; the
floor begins when it fetches.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stream_app.local.java import JavaRuntime
from stream_app.local.processes import ManagedProcess
from tests.benchmarks.kafka_streams_build import MAIN_CLASS
from tests.benchmarks.measured import has_said, measured, said, wait_until
from tests.benchmarks.source import Source
from tests.benchmarks.usage import Usage, usage_of
from tests.benchmarks.workbench import Workbench, environment_of

RIVALS_PYTHON = Path(".venv-bench/bin/python")
COMMIT_INTERVAL_S = 2
DURABLE_WITHIN_S = 600.0

_ASK_EVERY_S = 0.05
_QUIX_PROGRAM = Path(__file__).parent / "rivals" / "quix_streams.py"


@dataclass(frozen=True, slots=True)
class Taken:
    """One contender's run: the polls it took in, in how many seconds, and what it used."""

    polls: int
    seconds: float
    usage: Usage

    @property
    def polls_per_s(self) -> float:
        """The speed."""
        return self.polls / self.seconds


def take_by_kafka_streams(bench: Workbench, source: Source, name: str, java: JavaRuntime, class_path: str) -> Taken:
    """The whole topic by Kafka Streams."""
    arguments = [source.brokers, source.topic, name, str(bench.new_folder(name)), str(source.polls)]
    command = [str(java.executable), "-cp", class_path, MAIN_CLASS, *arguments, str(1000 * COMMIT_INTERVAL_S)]
    return _take_until_committed(bench, source, name, source.polls, command)


def take_by_quix_streams(bench: Workbench, source: Source, name: str, variant: str) -> Taken:
    """The topic's first polls by Quix Streams."""
    polls = min(bench.scale.quix_polls, source.polls)
    arguments = [source.brokers, source.topic, name, str(bench.new_folder(name)), str(polls), variant]
    return _take_until_committed(bench, source, name, polls, [str(RIVALS_PYTHON), str(_QUIX_PROGRAM), *arguments])


def take_by_stock_faust(bench: Workbench, source: Source, name: str, variant: str) -> Taken:
    """The topic's first polls by a stock Faust agent."""
    polls = min(bench.scale.faust_polls, source.polls)
    arguments = [source.brokers, source.topic, name, str(bench.new_folder(name)), str(source.partitions), str(polls)]
    command = [sys.executable, "-m", "tests.benchmarks.rivals.stock_faust", *arguments, variant]
    changelog = f"{name}-stores-changelog"
    with measured(name, command, environment_of({}), bench.folder) as process:

        def is_durable() -> bool:
            if not has_said(process, "sets_done"):
                return False
            return sum(source.view.ends([changelog]).values()) >= said(process, "sets_done")

        return _taken(process, polls, is_durable)


def take_by_floor(bench: Workbench, source: Source, name: str) -> Taken:
    """The whole topic, only decoded."""
    arguments = [source.brokers, source.topic, str(source.partitions), str(source.polls)]
    command = [sys.executable, "-m", "tests.benchmarks.floor", *arguments]
    with measured(name, command, environment_of({}), bench.folder) as process:
        wait_until(process, lambda: has_said(process, "seconds"), "all is decoded", DURABLE_WITHIN_S, _ASK_EVERY_S)
        return Taken(source.polls, said(process, "seconds"), usage_of(process.pid))


def _take_until_committed(bench: Workbench, source: Source, name: str, polls: int, command: list[str]) -> Taken:
    """Run a rival whose consumer group bears its name."""
    with measured(name, command, environment_of({}), bench.folder) as process:
        return _taken(process, polls, lambda: source.view.committed(name, source.topic) >= polls)


def _taken(process: ManagedProcess, polls: int, is_durable: Callable[[], bool]) -> Taken:
    durable = wait_until(process, is_durable, f"{polls:,} polls are durable", DURABLE_WITHIN_S, _ASK_EVERY_S)
    return Taken(polls, durable - said(process, "first_record_at"), usage_of(process.pid))

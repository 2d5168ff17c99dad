"""What every group of measurements works with: brokers, inputs, and folders that go away when it is over."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from stream_app.settings import Settings
from tests.benchmarks.measured import measured, wait_for_end
from tests.benchmarks.scale import Scale
from tests.support.kafka import RunningKafka, running_kafka

SAMPLE_WITHIN_S, REPLAY_WITHIN_S = 600.0, 600.0

_SETTINGS = {field.validation_alias for field in Settings.model_fields.values()}


@dataclass(frozen=True, slots=True)
class Workbench:
    """The scale, and a temporary folder that everything is kept in."""

    scale: Scale
    folder: Path
    console: Console

    def say(self, text: str) -> None:
        """One line of progress, on standard error."""
        self.console.print(f"{time.strftime('%H:%M:%S')} {text}", highlight=False)

    def new_folder(self, name: str) -> Path:
        """An empty folder of its own."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path

    @contextmanager
    def broker(self, name: str) -> Iterator[RunningKafka]:
        """A fresh broker for one group, so that none is slowed down by what another left behind."""
        with running_kafka(self.new_folder(f"broker-{name}")) as kafka:
            yield kafka

    def sample(self, stores: int, days: int) -> Path:
        """The input files of a sample, made once."""
        path = self.folder / f"sample-{stores}x{days}"
        if not path.exists():
            self.say(f"making a sample of {stores:,} stores x {days} days")
            command = ("sample", str(path), "--stores", str(stores), "--days", str(days))
            self.run(f"make-{path.name}", ["-m", "stream_app.cli", *command], {}, SAMPLE_WITHIN_S)
        return path

    def replay(self, sample: Path, brokers: str, prefix: str) -> float:
        """Send a sample with the producers to topics under a prefix; the seconds from their start to their end."""
        environment = {"KAFKA_BROKERS": brokers, "TOPIC_PREFIX": prefix}
        return self.run(f"{prefix}replay", ["-m", "producers", str(sample), "--quiet"], environment, REPLAY_WITHIN_S)

    def run(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], within_s: float) -> float:
        """Run Python to its end; the seconds it took. Raises ProcessEndedError."""
        started = time.monotonic()
        with measured(name, [sys.executable, *arguments], environment_of(environment), self.folder) as process:
            wait_for_end(process, within_s)
        return time.monotonic() - started


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings of the service alone: all others are at their defaults."""
    return {name: value for name, value in os.environ.items() if name not in _SETTINGS} | dict(settings)

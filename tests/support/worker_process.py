"""The worker as its own process, on topics and folders of a test's own."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Worker:
    """A worker process, and what it has said of its partitions."""

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._log = folder / f"{name}.log"
        own = {**environment, "WORKER_NAME": name, "DATA_DIR": str(folder / name)}
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stream_app"], env=own, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def output(self) -> str:
        """All it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def partitions(self) -> set[int]:
        """Those of its latest assignment."""
        said = re.findall(r"partitions\.assigned' partitions=\[(.*)\]", self._log.read_text())
        return {int(number) for number in said[-1].split(", ") if number} if said else set()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    @contextmanager
    def ended_with_the_test(self) -> Iterator["Worker"]:
        try:
            yield self
        finally:
            self.kill()

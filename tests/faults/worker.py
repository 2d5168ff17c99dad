"""A worker process of a case, with a log of its own."""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from tests.faults.entry import run_worker
from tests.support.waiting import comes_true

# A server forks the workers from a process that has imported everything and done nothing: half of a start is imports,
# and a run has some eighty.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.faults.entry"])
READY = "partitions.assigned"
STARTS_WITHIN_S = 60.0


class Worker:
    """One process that runs entry.py: the product's worker, with or without a fault."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.data_dir = Path(environment["DATA_DIR"])
        self._log = log
        log.touch()
        self._process = _FORKS.Process(target=run_worker, args=(environment, log), name=name, daemon=True)
        self._process.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs, negative for the signal that ended it."""
        return self._process.exitcode

    @property
    def output(self) -> str:
        """All it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def is_stopped(self) -> bool:
        """SIGSTOP has taken effect."""
        return Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    @property
    def is_ready(self) -> bool:
        """It has recovered and takes polls in."""
        return READY in self.output

    @property
    def is_ready_again(self) -> bool:
        """It has been given partitions anew."""
        return self.output.count(READY) > 1

    @property
    def checkpoints(self) -> int:
        """Checkpoints with polls so far."""
        lines = self.output.splitlines()
        return sum("checkpoint.flushed" in line and "polls=0 " not in line for line in lines)

    def becomes_ready(self, times: int = 1) -> "Worker":
        """Wait until it has recovered and takes polls in, for the so many-th time."""
        return self.says(READY, times)

    def says(self, text: str, times: int = 1, within_s: float = STARTS_WITHIN_S) -> "Worker":
        """Wait until its log has a text so many times; the worker must not end before."""
        assert comes_true(lambda: self.output.count(text) >= times or self.exit_code is not None, within_s), self.output
        assert self.output.count(text) >= times, self.output
        return self

    def makes_checkpoints(self, count: int) -> "Worker":
        """Wait until it has made so many with polls."""
        assert comes_true(lambda: self.checkpoints >= count or self.exit_code is not None, STARTS_WITHIN_S)
        assert self.checkpoints >= count, self.output
        return self

    def stops_itself(self) -> "Worker":
        """Wait until the fault inside has stopped it."""
        assert comes_true(lambda: self.is_stopped or self.exit_code is not None, STARTS_WITHIN_S), self.output
        assert self.exit_code is None, self.output
        return self

    def ends(self, within_s: float) -> int:
        """The exit code, once it has ended by itself."""
        self._process.join(within_s)
        assert self.exit_code is not None, f"{self.name} still runs after {within_s} s:\n{self.output[-4000:]}"
        return self.exit_code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it by kill -9, if it hasn't ended."""
        self._process.kill()
        self._process.join()

    def terminate(self, within_s: float = 30) -> int:
        """SIGTERM, and the exit code."""
        self._process.terminate()
        return self.ends(within_s)

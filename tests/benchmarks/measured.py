"""A process under measurement: waited for by what it can be seen to do, never by sleeping and hoping."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from stream_app.local.processes import ManagedProcess
from tests.benchmarks.errors import ProcessEndedError

STOP_GRACE_S = 20.0


@contextmanager
def measured(name: str, argv: Sequence[str], env: Mapping[str, str], folder: Path) -> Iterator[ManagedProcess]:
    """Run a command while the block runs, its output in `<folder>/<name>.log`."""
    process = ManagedProcess.start(name, argv, log_file=folder / f"{name}.log", env=env)
    try:
        yield process
    finally:
        process.stop(STOP_GRACE_S)


def wait_until(process: ManagedProcess, claim: Callable[[], bool], what: str, within_s: float, every_s: float) -> float:
    """The time (seconds since the epoch) at which the claim was seen to hold.

    Raises ProcessEndedError where the process ends before, or the time is over.
    """
    deadline = time.monotonic() + within_s
    while not claim():
        if not process.is_alive() or time.monotonic() > deadline:
            raise ProcessEndedError(process, f"waited {within_s:g} s at most until {what}")
        time.sleep(every_s)
    return time.time()


def wait_for_end(process: ManagedProcess, within_s: float) -> None:
    """Until it ends well; raises ProcessEndedError."""
    if process.wait(within_s) != 0:
        raise ProcessEndedError(process, f"expected to end well within {within_s:g} s")


def has_said(process: ManagedProcess, name: str) -> bool:
    """Whether it has printed a line of a name and a number."""
    return _said(process, name) is not None


def said(process: ManagedProcess, name: str) -> float:
    """The number in that line; raises ProcessEndedError where there is none."""
    number = _said(process, name)
    if number is None:
        raise ProcessEndedError(process, f"it printed no line `{name} <number>`")
    return number


def _said(process: ManagedProcess, name: str) -> float | None:
    text = process.log_file.read_text(errors="replace")
    # No ^ before it: Faust writes an escape sequence to the terminal first.
    found = re.search(rf"{name} (\d+(?:\.\d+)?)$", text, re.MULTILINE)
    return None if found is None else float(found[1])

"""Waiting for what another process does: bounded, and never longer than it takes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

RETRY_S = 0.02


def comes_true(claim: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Ask again and again; False if it is not so after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not claim():
        if time.monotonic() >= deadline:
            return False
        time.sleep(RETRY_S)
    return True


def process_exists(pid: int) -> bool:
    """Tell whether `pid` runs; one that ended but was not waited for by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def is_orphan_gone(pid: int, within_s: float = 10.0) -> bool:
    """Tell whether a process that isn't our child ends in time."""
    assert pid != os.getpid()
    return comes_true(lambda: not process_exists(pid), within_s)

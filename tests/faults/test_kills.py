"""kill -9 of the worker at random points of a catch-up."""

import shutil
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.comparison import SAME
from tests.faults.effort import chance, often
from tests.faults.service import OFTEN, SELDOM, Service, running_service
from tests.faults.source import Source


class Kill(NamedTuple):
    """When: so many seconds after a worker that makes checkpoints every `interval` s has made so many."""

    interval: str
    checkpoints: int
    longest_s: float


# At 2 s between checkpoints most kills miss every one of them, so that the short interval proves more.
BETWEEN = Kill(OFTEN, checkpoints=1, longest_s=0.3)
BEFORE = Kill(SELDOM, checkpoints=0, longest_s=0.7)  # about as long as the catch-up takes


@pytest.mark.parametrize(("kill", "times"), [(BETWEEN, often(15, 75)), (BEFORE, often(5, 25))])
def test_kills_in_mid_catch_up_lose_nothing(source: Source, tmp_path: Path, kill: Kill, times: int) -> None:
    random, left = chance(f"kills-{kill.interval}"), times
    for _ in range(2 * times):
        if left == 0:
            break
        with running_service(source, tmp_path) as service:
            while left > 0 and is_killed_in_mid_catch_up(service, kill, random.uniform(0, kill.longest_s)):
                left -= 1
            (worker,) = service.catches_up(service.start())

            assert service.kept_differences(worker) == SAME
            assert service.changelog_differences() == SAME
            if left == 0:
                worker.kill()
                shutil.rmtree(worker.data_dir)
                (rebuilt,) = service.catches_up(service.start())
                assert service.kept_differences(rebuilt) == SAME
    assert left == 0, "too many kills fell behind the catch-up"


def is_killed_in_mid_catch_up(service: Service, kill: Kill, after_s: float) -> bool:
    """Start and kill a worker; False where it had caught up already, so that the kill proves nothing."""
    worker = service.start(CHECKPOINT_INTERVAL=kill.interval).becomes_ready()
    if service.kept_positions(worker) == service.source.ends:
        worker.kill()  # the next one needs its databases
        return False
    worker.makes_checkpoints(kill.checkpoints)
    time.sleep(after_s)  # the random point itself, not a wait for anything
    worker.kill()
    positions = service.kept_positions(worker)
    print(f"killed {after_s:.2f} s after its checkpoints, at {positions}")
    assert service.acked_past(positions) == {}
    return positions != service.source.ends

"""Workers join, leave and die while partitions are full: their agents wait for room that nobody will make."""

import re
import time

from tests.faults.comparison import SAME
from tests.faults.effort import IS_LONG, chance, often
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.faults.worker import Worker
from tests.support.waiting import comes_true

FULL_WITH = "3000"  # polls, less than Kafka gives at once
# Seconds: a partition is full most of the time, and catching up takes about as long as the joins and leaves.
COMMIT_TAKES = "1.8" if IS_LONG else "0.7"
LONGEST_S = 1.0


def given_up_while_full(*workers: Worker) -> int:
    """How often a worker gave partitions up of which some were full."""
    return sum(len(re.findall(r"partitions\.given_up.* full=\[\d", worker.output)) for worker in workers)


def start(service: Service, name: str) -> Worker:
    return service.start(name, MAX_PENDING=FULL_WITH, FAULT_COMMIT_TAKES=COMMIT_TAKES)


def test_partition_that_is_given_up_while_it_is_full_is_taken_in_to_its_end(service: Service) -> None:
    gate = service.folder / "gate"
    held = Fault(Point.COMMIT, 10, Action.HOLD, gate)
    first = service.start("a", fault=held, MAX_PENDING=FULL_WITH).says("fault.holding")
    second = service.start("b", MAX_PENDING=FULL_WITH)
    assert comes_true(lambda: service.group_state() == "PreparingRebalance", 30)
    first.says("partitions.given_up")
    assert given_up_while_full(first) == 1
    gate.touch()

    workers = service.catches_up(first, second, restarts=0)

    assert service.kept_differences(*workers) == SAME
    assert service.changelog_differences() == SAME


def test_joins_leaves_and_kills_under_back_pressure_leave_nothing_unread(service: Service) -> None:
    random = chance("back-pressure")
    stays = start(service, "a").makes_checkpoints(1)
    seen = [stays]
    for number in range(often(2, 16)):
        guest = start(service, f"b{number}").becomes_ready()
        seen.append(guest)
        time.sleep(random.uniform(0, LONGEST_S))  # the random point itself, not a wait for anything
        if number % 2:
            guest.kill()
        else:
            assert guest.terminate() == 0
        if random.random() < 0.3:
            stays.kill()
        if stays.exit_code is not None:
            stays = start(service, "a").becomes_ready()
            seen.append(stays)

    (stays,) = service.catches_up(stays)

    print(f"given up while full: {given_up_while_full(*seen)} times")
    assert given_up_while_full(*seen) > 0
    assert service.kept_differences(*seen) == SAME
    assert service.changelog_differences() == SAME

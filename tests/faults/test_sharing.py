"""Two workers share the partitions, come and go."""

import time

from tests.faults.comparison import SAME
from tests.faults.effort import chance, often
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.support.waiting import comes_true

LONGEST_S = 1.0


def test_partition_revoked_in_mid_checkpoint_is_whole_with_its_next_owner(service: Service) -> None:
    gate = service.folder / "gate"
    first = service.start("a", fault=Fault(Point.COMMIT, 10, Action.HOLD, gate)).says("fault.holding")
    second = service.start("b")
    assert comes_true(lambda: service.group_state() == "PreparingRebalance", 30)
    gate.touch()

    first, second = service.catches_up(first.becomes_ready(times=2), second)

    assert service.kept_differences(first, second) == SAME
    assert service.changelog_differences() == SAME
    assert second.terminate() == 0
    (first,) = service.catches_up(first)
    assert service.kept_differences(first) == SAME


def test_kills_of_either_of_two_workers_lose_nothing(service: Service) -> None:
    random = chance("sharing")
    workers = {name: service.start(name) for name in "ab"}
    for _ in range(often(4, 20)):
        name = random.choice("ab")
        workers[name].becomes_ready()
        time.sleep(random.uniform(0, LONGEST_S))  # the random point itself, not a wait for anything
        workers[name].kill()
        workers[name] = service.start(name)

    running = service.catches_up(*workers.values())

    assert service.kept_differences(*running) == SAME
    assert service.changelog_differences() == SAME

"""A worker that takes nothing although it could ends by itself, and one that can't is left alone."""

import os
import time
from signal import SIGCONT, SIGSTOP

from tests.faults.comparison import SAME
from tests.faults.fault import Action, Control, Fault, Point
from tests.faults.service import Service
from tests.faults.worker import Worker
from tests.support.kafka import RunningKafka
from tests.support.waiting import comes_true

FAILED = 3
LIMIT_S = 3.0
LIMIT = str(LIMIT_S)
ENDS_WITHIN_S = 30
PATIENT = "60"  # seconds that a transaction may take, so that what is slow doesn't end the worker by another name
FULL_WITH = "3000"  # polls, less than Kafka gives at once


def assert_stall_is_named_and_mended(service: Service, stalled: Worker) -> None:
    assert stalled.ends(ENDS_WITHIN_S) == FAILED
    assert "partition.stalled" in stalled.output
    assert "StalledPartitionError" in stalled.output
    (mended,) = service.catches_up(service.start(stalled.name))
    assert service.kept_differences(mended) == SAME
    assert service.changelog_differences() == SAME


def test_agent_that_never_comes_back_ends_its_worker_by_name(service: Service) -> None:
    wedged = Fault(Point.TAKE, 5, Action.HOLD, service.folder / "never")

    worker = service.start(fault=wedged, STALL_LIMIT=LIMIT).says("fault.holding")

    assert_stall_is_named_and_mended(service, worker)


def test_agent_that_a_rebalance_left_waiting_ends_its_worker_by_name(service: Service) -> None:
    """What the watchdog is for: the worker is alive, has its partitions and reads none of them."""
    gate = service.folder / "gate"
    held = Fault(Point.COMMIT, 10, Action.HOLD, gate)
    settings = {"MAX_PENDING": FULL_WITH, "STALL_LIMIT": LIMIT}
    worker = service.start("a", fault=held, control=Control.STRANDING, **settings).says("fault.holding")
    guest = service.start("b")
    assert comes_true(lambda: service.group_state() == "PreparingRebalance", 30)
    worker.says("partitions.given_up")
    gate.touch()
    guest.becomes_ready().kill()

    assert_stall_is_named_and_mended(service, worker)


def test_recovery_that_does_not_move_ends_its_worker_by_name(service: Service) -> None:
    service.catches_up(service.start("a"))
    service.kill_all()
    stuck = service.start("b", control=Control.UNRECOVERED, STALL_LIMIT=LIMIT)

    assert_stall_is_named_and_mended(service, stuck)


def test_worker_that_was_stopped_for_longer_than_the_limit_goes_on(service: Service) -> None:
    worker = service.start(fault=Fault(Point.TAKE, 12, Action.STOP), STALL_LIMIT=LIMIT).stops_itself()
    time.sleep(LIMIT_S + 1)  # the stop itself, not a wait for anything; shorter than the session
    worker.signal(SIGCONT)

    (worker,) = service.catches_up(worker, restarts=0)

    assert service.kept_differences(worker) == SAME


def test_broker_that_is_silent_for_longer_than_the_limit_is_no_stall_of_the_worker(
    service: Service, broker: RunningKafka
) -> None:
    fault = Fault(Point.TAKE, 12, Action.STOP)
    worker = service.start(fault=fault, STALL_LIMIT=LIMIT, TRANSACTION_TIMEOUT=PATIENT).stops_itself()
    assert broker.broker.pid is not None
    os.kill(broker.broker.pid, SIGSTOP)
    worker.signal(SIGCONT)
    worker.says("watchdog.")  # it has asked, and got no answer
    time.sleep(LIMIT_S)  # the silence itself
    os.kill(broker.broker.pid, SIGCONT)

    (worker,) = service.catches_up(worker, restarts=0)

    assert "partition.stalled" not in worker.output
    assert service.kept_differences(worker) == SAME


def test_checkpoint_that_takes_longer_than_the_limit_is_no_stall(service: Service) -> None:
    gate = service.folder / "gate"
    held = Fault(Point.COMMIT, 10, Action.HOLD, gate)
    settings = {"MAX_PENDING": FULL_WITH, "STALL_LIMIT": LIMIT, "TRANSACTION_TIMEOUT": PATIENT}
    worker = service.start("a", fault=held, control=None, **settings).says("fault.holding")
    time.sleep(2 * LIMIT_S)  # the checkpoint's length, not a wait for anything
    gate.touch()

    (worker,) = service.catches_up(worker, restarts=0)

    assert service.kept_differences(worker) == SAME

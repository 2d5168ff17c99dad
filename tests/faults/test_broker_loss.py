"""The broker goes away in the middle of a catch-up or of a checkpoint, and comes back."""

import os
from signal import SIGCONT, SIGKILL, SIGSTOP

import pytest

from tests.faults.comparison import SAME
from tests.faults.effort import IS_LONG
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.support.kafka import RunningKafka
from tests.support.waiting import comes_true

FAILED = 3
CHECKPOINT_FAILS_AFTER = "4"  # seconds
ENDS_WITHIN_S = 30


def kill(broker: RunningKafka) -> None:
    assert broker.broker.pid is not None
    os.kill(broker.broker.pid, SIGKILL)
    assert comes_true(lambda: not broker.broker.is_alive)


def test_killed_broker_that_comes_back_loses_nothing(service: Service, broker: RunningKafka) -> None:
    worker = service.start(fault=Fault(Point.TAKE, 12, Action.STOP)).stops_itself()
    kill(broker)
    worker.signal(SIGCONT)
    broker.broker.start()

    (worker,) = service.catches_up(worker)

    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME


@pytest.mark.parametrize("point", [Point.SEND, Point.COMMIT] if IS_LONG else [Point.SEND])
def test_checkpoint_that_can_t_be_sent_ends_the_worker_with_nothing_acked(
    service: Service, broker: RunningKafka, point: Point
) -> None:
    fault = Fault(point, 10, Action.STOP)
    worker = service.start(fault=fault, TRANSACTION_TIMEOUT=CHECKPOINT_FAILS_AFTER).stops_itself()
    assert broker.broker.pid is not None
    os.kill(broker.broker.pid, SIGSTOP)

    worker.signal(SIGCONT)

    assert worker.ends(ENDS_WITHIN_S) == FAILED
    os.kill(broker.broker.pid, SIGCONT)
    assert service.acked_past(service.kept_positions(worker)) == {}
    (worker,) = service.catches_up(service.start())
    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME

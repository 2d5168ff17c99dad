"""A worker that is stopped past its session, and goes on after another one has taken its place."""

from signal import SIGCONT

import pytest

from tests.faults.comparison import SAME
from tests.faults.effort import IS_LONG
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import SELDOM, Service
from tests.support.waiting import comes_true

FAILED = 3
ENDS_WITHIN_S = 30

BETWEEN_BATCHES = Fault(Point.SEND, 27, Action.STOP)
BEFORE_COMMIT = Fault(Point.COMMIT, 10, Action.STOP)
COMMITTED_NOT_KEPT = Fault(Point.WRITE, 10, Action.STOP)
KEPT_NOT_ACKED = Fault(Point.ACK, 20, Action.STOP)
SHORT = [BETWEEN_BATCHES, KEPT_NOT_ACKED]
LONG = [*SHORT, BEFORE_COMMIT, COMMITTED_NOT_KEPT]


def named(fault: Fault) -> str:
    return f"before_{fault.point}"


@pytest.mark.parametrize("fault", LONG if IS_LONG else SHORT, ids=named)
def test_zombie_of_a_checkpoint_writes_and_acks_nothing_and_mends_its_directory(service: Service, fault: Fault) -> None:
    zombie = service.start("a", fault=fault).stops_itself()
    (owner,) = service.catches_up(service.start("b"))
    before = set(service.changelog())

    zombie.signal(SIGCONT)

    assert zombie.ends(ENDS_WITHIN_S) == FAILED
    assert set(service.changelog()) - before == set()
    assert service.acked_past(service.kept_positions(owner)) == {}
    assert service.kept_differences(owner) == SAME
    assert service.changelog_differences() == SAME
    owner.terminate()
    (mended,) = service.catches_up(service.start("a"))
    assert service.kept_differences(mended) == SAME


def test_zombie_between_two_checkpoints_writes_nothing_of_its_own(service: Service) -> None:
    zombie = service.start("a", fault=Fault(Point.TAKE, 24, Action.STOP), CHECKPOINT_INTERVAL=SELDOM).stops_itself()
    (owner,) = service.catches_up(service.start("b"))
    before = service.changelog_contents()

    zombie.signal(SIGCONT)

    assert comes_true(lambda: zombie.exit_code is not None or zombie.is_ready_again, ENDS_WITHIN_S), zombie.output
    assert service.changelog_contents() == before
    assert service.acked_past(service.kept_positions(owner, zombie)) == {}
    assert service.kept_differences(owner, zombie) == SAME


def test_zombie_that_wakes_before_the_new_owner_has_fenced_it_does_no_harm(service: Service) -> None:
    zombie = service.start("a", fault=BETWEEN_BATCHES).stops_itself()
    owner = service.start("b", fault=Fault(Point.FENCE, 1, Action.STOP)).stops_itself()
    before = zombie.checkpoints

    zombie.signal(SIGCONT)
    assert comes_true(lambda: zombie.checkpoints > before or zombie.exit_code is not None), zombie.output
    owner.signal(SIGCONT)

    workers = service.catches_up(zombie, owner)
    assert service.kept_differences(*workers) == SAME
    assert service.changelog_differences() == SAME

"""A worker that is stopped past its session, and goes on after another one has taken its place."""

from signal import SIGCONT

import pytest

from tests.faults.comparison import SAME
from tests.faults.effort import IS_LONG
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import OFTEN, SELDOM, ChangelogRecord, Service
from tests.faults.worker import Worker
from tests.support.waiting import comes_true

FAILED = 3
SETTLES_WITHIN_S = 30

BETWEEN_BATCHES = Fault(Point.SEND, 27, Action.STOP)
BEFORE_COMMIT = Fault(Point.COMMIT, 10, Action.STOP)
BETWEEN_CHECKPOINTS = Fault(Point.TAKE, 14, Action.STOP)
COMMITTED_NOT_KEPT = Fault(Point.WRITE, 10, Action.STOP)
KEPT_NOT_ACKED = Fault(Point.ACK, 12, Action.STOP)


def named(fault: Fault) -> str:
    return f"before_{fault.point}"


@pytest.mark.parametrize("fault", [BETWEEN_BATCHES, BEFORE_COMMIT] if IS_LONG else [BETWEEN_BATCHES], ids=named)
def test_zombie_of_a_transaction_ends_with_nothing_written_or_acked(service: Service, fault: Fault) -> None:
    zombie, owner, before = overtaken_zombie(service, fault)

    zombie.signal(SIGCONT)

    assert zombie.ends(SETTLES_WITHIN_S) == FAILED
    assert "ProducerFenced" in zombie.output
    assert set(service.changelog()) - before == set()
    assert_nothing_is_missing(service, owner, zombie)


@pytest.mark.parametrize(
    "fault",
    [BETWEEN_CHECKPOINTS, COMMITTED_NOT_KEPT, KEPT_NOT_ACKED] if IS_LONG else [BETWEEN_CHECKPOINTS],
    ids=named,
)
def test_zombie_without_a_transaction_ends_or_joins_anew_and_writes_nothing_old(service: Service, fault: Fault) -> None:
    zombie, owner, before = overtaken_zombie(service, fault)

    zombie.signal(SIGCONT)

    assert comes_true(lambda: zombie.exit_code is not None or zombie.is_ready_again, SETTLES_WITHIN_S), zombie.output
    assert zombie.exit_code in {None, FAILED}
    assert {record for record in service.changelog() if record.is_of_a_store} - before == set()
    assert_nothing_is_missing(service, owner, zombie)


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


def overtaken_zombie(service: Service, fault: Fault) -> tuple[Worker, Worker, set[ChangelogRecord]]:
    """A stopped worker, the one that has done everything in its place, and what was in the changelog then."""
    interval = SELDOM if fault is BETWEEN_CHECKPOINTS else OFTEN
    zombie = service.start("a", fault=fault, CHECKPOINT_INTERVAL=interval).stops_itself()
    (owner,) = service.catches_up(service.start("b"))
    return zombie, owner, set(service.changelog())


def assert_nothing_is_missing(service: Service, owner: Worker, zombie: Worker) -> None:
    """Neither of what both keep now, nor of what the zombie's directory becomes when it is started on it again."""
    assert service.acked_past(service.kept_positions(owner, zombie)) == {}
    assert service.kept_differences(owner, zombie) == SAME
    assert service.changelog_differences() == SAME
    owner.terminate()
    zombie.kill()
    (mended,) = service.catches_up(service.start(zombie.name))
    assert service.kept_differences(mended) == SAME

"""The harness itself: on a worker that says first and keeps later, it must see what is lost."""

from signal import SIGKILL

from tests.faults.fault import Action, Control, Fault, Point
from tests.faults.service import Service
from tests.support.waiting import comes_true


def test_acks_before_the_checkpoint_are_seen(service: Service) -> None:
    held = Fault(Point.COMMIT, 2, Action.HOLD, service.folder / "never")
    worker = service.start(control=Control.ACK_FIRST, fault=held).says("fault.holding")

    assert comes_true(lambda: service.acked_past(service.kept_positions(worker)) != {})


def test_polls_lost_to_positions_that_were_durable_before_their_values_are_seen(service: Service) -> None:
    killed = service.start(control=Control.POSITIONS_FIRST, fault=Fault(Point.SAID, 3, Action.KILL))
    assert killed.ends(60) == -SIGKILL

    (worker,) = service.catches_up(service.start())

    in_database, in_changelog = service.kept_differences(worker), service.changelog_differences()
    print(in_database)
    assert in_database.lost > 0
    assert in_changelog.lost == in_database.lost
    assert in_database.report_lines > 0

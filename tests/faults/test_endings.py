"""A worker that is told to end, or shut out, in the middle of its work."""

import asyncio
import shutil
from signal import SIGCONT

import pytest

from stream_app.changelog import open_writers
from tests.faults.comparison import SAME
from tests.faults.effort import IS_LONG
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.faults.source import PARTITIONS

FAILED = 3
ENDS_WITHIN_S = 30


@pytest.mark.parametrize("point", [Point.SEND, Point.COMMIT, Point.WRITE] if IS_LONG else [Point.COMMIT])
def test_sigterm_in_mid_checkpoint_ends_in_order_and_loses_nothing(service: Service, point: Point) -> None:
    worker = service.start(fault=Fault(point, 10, Action.TERMINATE))

    assert worker.ends(ENDS_WITHIN_S) == 0

    assert service.acked_past(service.kept_positions(worker)) == {}
    (worker,) = service.catches_up(service.start())
    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME


def test_late_owner_ends_the_rightful_one_with_nothing_acked(service: Service) -> None:
    worker = service.start(fault=Fault(Point.COMMIT, 10, Action.STOP)).stops_itself()

    asyncio.run(take_every_place(service))
    worker.signal(SIGCONT)

    assert worker.ends(ENDS_WITHIN_S) == FAILED
    assert "ProducerFenced" in worker.output
    assert service.acked_past(service.kept_positions(worker)) == {}
    (worker,) = service.catches_up(service.start())
    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME
    worker.kill()
    shutil.rmtree(worker.data_dir)
    (rebuilt,) = service.catches_up(service.start())
    assert service.kept_differences(rebuilt) == SAME


async def take_every_place(service: Service) -> None:
    """As an owner does that was assigned the partitions long ago and only now comes to it."""
    for writer in (await open_writers(service.settings, range(PARTITIONS))).values():
        await writer.stop()

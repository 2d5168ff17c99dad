"""The power of the machine with the embedded Kafka fails, in the middle of polls over HTTP."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.effort import chance, often
from tests.faults.powered import Powered, Unsynced
from tests.support.flushing import stop_flushing
from tests.support.power_disk import PowerDisk, power_disk
from tests.support.waiting import comes_true

MEBIBYTES = 700
CUTS = often(1, 6)
FEW, MANY = 100, 1500  # polls acknowledged over HTTP before a cut
SENT_WITHIN_S = 120
pytestmark = pytest.mark.timeout(1200)  # two starts of everything, on a machine that may be busy


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PowerDisk]:
    with power_disk(tmp_path, MEBIBYTES) as disk:
        yield disk


def cut_in_the_middle(powered: Powered, polls: int) -> Unsynced:
    """Cut the power once so many polls more were acknowledged, while others are on their way."""
    ends, before = threading.Event(), len(powered.acknowledged)
    sending = threading.Thread(target=powered.send, args=(ends,))
    sending.start()
    try:
        assert comes_true(lambda: len(powered.acknowledged) >= before + polls, SENT_WITHIN_S)
        return powered.cut()
    finally:
        ends.set()
        sending.join()


def test_power_cuts_take_nothing_that_was_acknowledged_and_no_finished_report(tmp_path: Path, disk: PowerDisk) -> None:
    powered, random = Powered(tmp_path, disk), chance("power cuts")
    finished: dict[str, bytes] = {}
    for _ in range(CUTS):
        with powered.running():
            powered.send_hours()
            report_id = powered.finish_report()
            finished[report_id] = powered.download(report_id)
            unsynced = cut_in_the_middle(powered, random.randrange(FEW, MANY))
        disk.bring_back()
        assert unsynced.is_lost

    with powered.running():
        assert powered.lost() == set()
        assert {report_id: powered.download(report_id) for report_id in finished} == finished
        assert powered.report() == powered.expected(powered.kept())


def test_power_cut_of_a_kafka_that_does_not_flush_takes_acknowledged_polls(tmp_path: Path, disk: PowerDisk) -> None:
    powered = Powered(tmp_path, disk)
    with powered.running():
        stop_flushing(powered.brokers)
        cut_in_the_middle(powered, FEW)
    disk.bring_back()

    with powered.running():
        assert powered.lost()

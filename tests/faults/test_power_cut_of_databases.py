"""The power fails while a partition's database is written: afterwards it is what it was after one of its batches."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import checkpoints
from tests.faults.effort import chance, often
from tests.support.power_disk import PowerDisk, power_disk

CUTS = often(6, 60)
MEBIBYTES = 200
BATCHES = 150  # at most, before a cut


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PowerDisk]:
    with power_disk(tmp_path, MEBIBYTES) as disk:
        yield disk


def written_until_the_cut(disk: PowerDisk, after: int, dice: random.Random) -> int:
    """Cut the power after some batches, and return the last one that was said to be written before that.

    One that is said after it was synced while the power went: Linux doesn't promise what such a sync answers.
    """
    command = [sys.executable, "-m", checkpoints.__name__, str(disk.path / "db"), str(after)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(dice.randrange(1, BATCHES)):
            said = process.stdout.readline()
            if dice.random() < 1 / 4:
                write_back_the_newest_log(disk.path / "db")
        disk.cut()
        process.stdout.read()
        assert "Input/output error" in process.stderr.read()
    return int(said)


def write_back_the_newest_log(database: Path) -> None:
    """Do what the system does by itself at some time, in whatever order of the files."""
    with suppress(FileNotFoundError):  # RocksDB has removed it in the meantime
        descriptor = os.open(max(database.glob("*.log")), os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def test_database_holds_every_batch_that_was_written_and_no_gap(disk: PowerDisk) -> None:
    dice, written = chance("databases"), 0
    for _ in range(CUTS):
        written = written_until_the_cut(disk, written, dice)
        disk.bring_back()
        database = checkpoints.open_database(disk.path / "db")
        kept = dict(database.scan(b""))
        database.close()
        number = int(kept.pop(checkpoints.NUMBER))

        assert number >= written
        assert kept == checkpoints.kept_of(number)
        written = number

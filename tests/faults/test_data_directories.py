"""A data directory that is gone, behind, torn, damaged or another's: the changelog mends it."""

import shutil
from itertools import cycle
from pathlib import Path
from signal import SIGKILL

from stream_app.settings import Settings
from tests.faults.comparison import SAME
from tests.faults.fault import Action, Fault, Point
from tests.faults.service import Service
from tests.faults.source import PARTITIONS
from tests.faults.worker import STARTS_WITHIN_S, Worker

TORN_BYTES = 37
GARBAGE = b"\xa5" * 4096


def databases(worker: Worker) -> list[Path]:
    """Each partition's."""
    settings = Settings(data_dir=worker.data_dir)
    return [path for partition in range(PARTITIONS) for path in settings.table_paths(partition)]


def newest_log(database: Path) -> Path:
    """RocksDB's write-ahead log; the newest has the highest number."""
    return max(database.glob("*.log"))


def cut(log: Path) -> None:
    with log.open("r+b") as file:
        file.truncate(max(0, log.stat().st_size - TORN_BYTES))


def garble_end(log: Path) -> None:
    garble(log, log.stat().st_size - TORN_BYTES, TORN_BYTES)


def garble(path: Path, at: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(max(0, at))
        file.write(GARBAGE[:size])


def killed_in_mid_catch_up(service: Service) -> Worker:
    """With some checkpoints of each partition in its database, and one more in the changelog alone."""
    worker = service.start(fault=Fault(Point.WRITE, 3 * PARTITIONS, Action.KILL))
    assert worker.ends(STARTS_WITHIN_S) == -SIGKILL
    return worker


def test_deleted_directory_is_rebuilt(service: Service) -> None:
    worker = killed_in_mid_catch_up(service)
    shutil.rmtree(worker.data_dir)

    (worker,) = service.catches_up(service.start())

    assert service.kept_differences(worker) == SAME


def test_older_copy_catches_up_from_the_changelog(service: Service, tmp_path: Path) -> None:
    worker = killed_in_mid_catch_up(service)
    shutil.copytree(worker.data_dir, tmp_path / "older")
    (worker,) = service.catches_up(service.start())
    worker.kill()
    shutil.rmtree(worker.data_dir)
    (tmp_path / "older").rename(worker.data_dir)

    (worker,) = service.catches_up(service.start())

    assert service.kept_differences(worker) == SAME


def test_torn_write_at_the_end_of_the_write_ahead_log_is_mended(service: Service) -> None:
    worker = killed_in_mid_catch_up(service)
    for database, tear in zip(databases(worker), cycle([cut, garble_end]), strict=False):
        tear(newest_log(database))

    (worker,) = service.catches_up(service.start())

    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME


def test_damaged_table_file_is_not_trusted(service: Service) -> None:
    killed_in_mid_catch_up(service)
    worker = service.start(fault=Fault(Point.TAKE, 1, Action.KILL))
    assert worker.ends(STARTS_WITHIN_S) == -SIGKILL  # opening has turned the write-ahead log into a table file
    for database in databases(worker):
        largest = max(database.glob("*.sst"), key=lambda path: path.stat().st_size)
        garble(largest, largest.stat().st_size // 3, len(GARBAGE))

    (worker,) = service.catches_up(service.start())

    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME


def test_another_partition_s_directory_is_not_trusted(service: Service) -> None:
    worker = killed_in_mid_catch_up(service)
    mine, others, *_ = databases(worker)
    shutil.rmtree(mine)
    shutil.copytree(others, mine)

    (worker,) = service.catches_up(service.start())

    assert service.kept_differences(worker) == SAME
    assert service.changelog_differences() == SAME

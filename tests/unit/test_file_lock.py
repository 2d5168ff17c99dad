"""One holder at a time, whatever happens to it."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from stream_app.local.file_lock import FileLock, LockHeldError

HOLDER = """
import sys, time
from pathlib import Path
from stream_app.local.file_lock import FileLock
lock = FileLock.acquire(Path(sys.argv[1]), wait_s=0)
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def start_holder(path: Path, seconds: float) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, path, str(seconds)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_second_holder_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with closing(FileLock.acquire(tmp_path / "lock", wait_s=0)), pytest.raises(LockHeldError) as refused:
        FileLock.acquire(tmp_path / "lock", wait_s=0)

    assert refused.value.holder_pid == os.getpid()


def test_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    FileLock.acquire(tmp_path / "lock", wait_s=0).close()

    with closing(FileLock.acquire(tmp_path / "lock", wait_s=0)) as lock:
        assert lock.path.read_text() == str(os.getpid())


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    holder = start_holder(tmp_path / "lock", seconds=60)

    holder.kill()
    holder.wait(10)

    FileLock.acquire(tmp_path / "lock", wait_s=0).close()


def test_child_of_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = FileLock.acquire(tmp_path / "lock", wait_s=0)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    lock.close()

    FileLock.acquire(tmp_path / "lock", wait_s=0).close()
    child.kill()
    child.wait(10)


def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    holder = start_holder(tmp_path / "lock", seconds=0.3)
    started = time.monotonic()

    FileLock.acquire(tmp_path / "lock", wait_s=10).close()

    assert time.monotonic() - started < 5
    holder.wait(10)

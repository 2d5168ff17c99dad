"""A process's own temporary folder, which the next one removes where it was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger()

_PREFIX = "store-monitor-api-"
_NEW = "store-monitor-new-"  # not locked yet, so not to be taken for one that was left


@contextmanager
def own_folder() -> Iterator[Path]:
    """An empty folder below TMPDIR, gone at the end; those of processes that were killed go first.

    A living process holds a lock on its folder, which the kernel takes back at any end; a process id can come again.
    """
    _remove_those_left()
    new = Path(tempfile.mkdtemp(prefix=_NEW))
    lock = os.open(new, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = new.rename(new.with_name(new.name.replace(_NEW, _PREFIX, 1)))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _remove_those_left() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is in use, or another user's, or has just been removed
            _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    """Raises OSError where somebody holds it."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid != os.geteuid():
            return
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
        log.info("api.leftover_removed", folder=str(folder))
    finally:
        os.close(lock)

"""One holder at a time, also across a kill -9: flock on a file, held for as long as its descriptor is open."""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from stream_app.errors import StoreMonitorError

RETRY_S = 0.05


class LockHeldError(StoreMonitorError):
    """Another process holds the lock; `holder_pid` is None if it has not written its id yet."""

    def __init__(self, path: Path, holder_pid: int | None) -> None:
        self.path = path
        self.holder_pid = holder_pid
        holder = "another process" if holder_pid is None else f"process {holder_pid}"
        super().__init__(f"{path} is held by {holder}")


@dataclass(frozen=True, slots=True)
class FileLock:
    """A lock that is held; it ends with this process at the latest, as children don't inherit descriptors (PEP 446)."""

    path: Path
    descriptor: int

    @classmethod
    def acquire(cls, path: Path, wait_s: float) -> Self:
        """Take the lock on `path`, waiting at most `wait_s` seconds; raises LockHeldError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + wait_s
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                holder_pid = _holder_pid(descriptor)
                os.close(descriptor)
                raise LockHeldError(path, holder_pid)
            time.sleep(RETRY_S)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d" % os.getpid())
        return cls(path, descriptor)

    def is_in_place(self) -> bool:
        """Whether the lock's file is still the one at its path, where others look for it."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return os.path.samestat(found, os.fstat(self.descriptor))

    def close(self) -> None:
        """Let the next one in; the file stays, since removing it would let two hold locks on two files of one name."""
        os.close(self.descriptor)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock on `path`; the file isn't made, and nobody is kept waiting for it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder_pid(descriptor: int) -> int | None:
    written = os.pread(descriptor, 32, 0)
    return int(written) if written.isdigit() else None

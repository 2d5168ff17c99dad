"""What the machine gives the processes of one `up`: open files, processes and threads, and space on the disk.

Each is asked before anything is started. A process that is refused one of them later ends with a page of its own words,
of which `cause_of` finds the one sentence that helps.
"""

import os
import re
import resource
from pathlib import Path

from stream_app.errors import StoreMonitorError

MINIMUM_OPEN_FILES = 256
"""Twice the 132 that the broker has open with 4 partitions; the worker and the API have about 40 each."""
MINIMUM_THREADS = 256
"""Twice the 110 of the broker (84), worker, API and its report process, with a margin for the producers."""
MINIMUM_FREE_BYTES = 32 << 20
"""The broker, its topics and the first tables take 5 MB, a log file up to 10 MB."""
_FULL_BELOW_BYTES = 1 << 20
"""A broker is refused a write of some 100 KB while a little less than that is still free."""

_MEBI = 1 << 20
_NO_LIMIT = resource.RLIM_INFINITY


class LimitTooLowError(StoreMonitorError):
    """A limit of the shell or the system is below what the service needs."""

    def __init__(self, what: str, limit: int, needed: int, option: str, item: str) -> None:
        self.limit = limit
        self.needed = needed
        super().__init__(
            f"this shell allows a process {limit} {what}, the service needs {needed}: raise the hard limit, "
            f"as root with `ulimit -H{option} {needed}` in the shell that starts store-monitor, or for good with "
            f"`* hard {item} {needed}` in /etc/security/limits.conf"
        )


class NoSpaceLeftError(StoreMonitorError):
    """The disk of the state directory is full."""

    def __init__(self, folder: Path, free_bytes: int) -> None:
        self.folder = folder
        self.free_bytes = free_bytes
        super().__init__(no_space_left(folder, free_bytes))


def no_space_left(folder: Path, free_bytes: int) -> str:
    """One sentence for a full disk."""
    return (
        f"no space left on device: {folder} has {free_bytes / _MEBI:.1f} MB free and needs "
        f"{MINIMUM_FREE_BYTES // _MEBI} MB and room for the polls; free some, or choose a --state-dir on another disk"
    )


def raise_limits() -> None:
    """Give this process and its children what the hard limits allow; raises LimitTooLowError where it is too little."""
    _raise_limit(resource.RLIMIT_NOFILE, "open files", MINIMUM_OPEN_FILES, "n", "nofile")
    if os.geteuid() != 0:  # root's processes aren't counted (setrlimit(2), RLIMIT_NPROC)
        _raise_limit(resource.RLIMIT_NPROC, "processes and threads of one user", MINIMUM_THREADS, "u", "nproc")


def check_space(folder: Path) -> None:
    """Raise NoSpaceLeftError where a start would end half-way."""
    free = _free_bytes(folder)
    if free < MINIMUM_FREE_BYTES:
        raise NoSpaceLeftError(folder, free)


def cause_of(log: str, folder: Path) -> str | None:
    """What the machine refused a process that logged this and kept its data in `folder`, in one sentence, or None.

    On a full disk the log is often cut off before it says so, hence the look at the disk itself. What ended may have
    given some space back, so that little space is the cause where the log names no other.
    """
    free = _free_bytes(folder) if folder.exists() else None
    if free is not None and (free < _FULL_BELOW_BYTES or _says("No space left on device", log)):
        return no_space_left(folder, free)
    said = refusal_in(log)
    return no_space_left(folder, free) if said is None and free is not None and free < MINIMUM_FREE_BYTES else said


def refusal_in(log: str) -> str | None:
    """What a process says that it was refused, in one sentence, or None."""
    return next((sentence for words, sentence in _CAUSES if _says(words, log)), None)


def _free_bytes(folder: Path) -> int:
    """What this user may still write; some file systems keep the last blocks for root."""
    disk = os.statvfs(folder)
    return disk.f_frsize * (disk.f_bfree if os.geteuid() == 0 else disk.f_bavail)


def _raise_limit(kind: int, what: str, needed: int, option: str, item: str) -> None:
    soft, hard = resource.getrlimit(kind)
    if hard not in {_NO_LIMIT, soft}:
        resource.setrlimit(kind, (hard, hard))
    if hard != _NO_LIMIT and hard < needed:
        raise LimitTooLowError(what, hard, needed, option, item)


def _says(words: str, log: str) -> bool:
    return re.search(words, log, re.IGNORECASE) is not None


_CAUSES = (
    ("Disk quota exceeded", "the disk quota of this user is used up: free some, or choose another --state-dir"),
    ("Read-only file system", "the disk has become read-only: look at `dmesg`, or choose another --state-dir"),
    ("Too many open files", "the limit of open files is reached: raise it, `ulimit -Hn` shows it"),
    (
        "unable to create (new )?native thread|pthread_create failed|Cannot create worker GC thread",
        "the system allows no more threads: raise `ulimit -u`, or the container's limit of processes",
    ),
    (
        "(Could not|Cannot|Unable to|Failed to) (reserve|allocate|commit)|insufficient memory|OutOfMemoryError",
        "there is not enough memory for Java, whose heap grows to 768 MB: free some, or raise the limit (`ulimit -v`)",
    ),
)

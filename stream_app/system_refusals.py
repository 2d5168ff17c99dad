"""What the operating system refuses, in one sentence: which file, why, and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: "make room there, or choose another place",
    errno.EDQUOT: "make room within your quota, or choose another place",
    errno.EROFS: "choose a place that can be written to",
    errno.EACCES: "choose another place, or let this user have it",
    errno.EPERM: "choose another place, or let this user have it",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "see the system's log: the disk may be failing",
}
_OTHER = "choose another place"
_OF_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Have an OSError of the block name the path: write(2) and fsync(2) don't."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def why(error: OSError) -> str:
    """The system's own words, and what to do: `No space left on device: make room there, or choose another place`."""
    return f"{error.strerror or error}: {_REMEDIES.get(error.errno or 0, _OTHER)}"


def is_of_the_system(error: OSError) -> bool:
    """Whether the error is one of a file or a disk: others are of connections, which whoever opened them explains."""
    return error.filename is not None or error.errno in _OF_DISKS


def sentence_of(error: OSError) -> str:
    """The whole sentence, with the file where the error names one: only writing to an open one names none."""
    return f"{error.filename or 'the output'}: {why(error)}"

"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from stream_app.system_refusals import about

PART_SUFFIX = ".part"


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes `path`'s place, for good, once the block ends; an error leaves `path` alone."""
    part = part_path(path)
    try:
        with part.open("wb") as file, about(path):
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def part_path(path: Path) -> Path:
    """Where the unfinished file stands, hidden beside the finished one."""
    return path.with_name(f".{path.name}{PART_SUFFIX}")


def sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk: a rename too may be lost with the power (fsync(2))."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Have everything below a folder on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)

"""A disk whose power can be cut: an ext4 file system on a loop device, which only root can have.

What a program has written and not synced (fsync(2)) is gone after the cut, as it is from a page cache without power.
"""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import comes_true

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32) in linux/fs/ext4/ext4.h
_WITHOUT_FLUSHING = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH: the journal in memory is lost too
_UNMOUNTED_WITHIN_S = 20.0


class PowerDisk:
    """The mounted disk."""

    def __init__(self, image: Path, path: Path) -> None:
        self.path = path
        self._image = image

    def cut(self) -> None:
        """From now on nothing reaches the disk, and every write to it fails."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, _WITHOUT_FLUSHING.to_bytes(4, "little"))
        finally:
            os.close(descriptor)

    def bring_back(self) -> None:
        """Mount it anew, as a start of the machine does; nobody may have a file of it open."""
        self.unmount()
        self.mount()

    def mount(self) -> None:
        """Let the kernel choose a loop device, which it frees when the disk is unmounted (losetup(8), autoclear)."""
        _run("mount", "-o", "loop", str(self._image), str(self.path))

    def unmount(self) -> None:
        """Wait for the processes that were killed to let go of it."""
        if self.path.is_mount():
            assert comes_true(self._is_unmounted, _UNMOUNTED_WITHIN_S), f"{self.path} stays busy"

    def discard(self) -> None:
        """Unmount it whoever uses it still, for the end of a test that failed."""
        if self.path.is_mount():
            _run("umount", "--lazy", str(self.path))

    def _is_unmounted(self) -> bool:
        return subprocess.run(["umount", str(self.path)], check=False, capture_output=True).returncode == 0  # noqa: S607


@contextmanager
def power_disk(folder: Path, mebibytes: int) -> Iterator[PowerDisk]:
    """A new disk, mounted at `<folder>/disk`; the test is skipped, with the reason, where the machine allows none."""
    image, path = folder / "disk.img", folder / "disk"
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(mebibytes << 20)
    disk = PowerDisk(image, path)
    with ExitStack() as undo:
        undo.callback(image.unlink)
        try:
            _run("mkfs.ext4", "-q", str(image))
            disk.mount()
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", None) or str(error)
            pytest.skip(f"a disk to cut the power of needs root, mkfs.ext4 and loop devices: {reason.strip()}")
        undo.callback(disk.discard)
        yield disk


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)

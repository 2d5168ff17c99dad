"""The embedded broker's directory: who may use it, what is in it."""

import base64
import fcntl
import re
import shutil
import time
import uuid
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Self

from stream_app.atomic_file import sync, sync_tree
from stream_app.errors import StoreMonitorError
from stream_app.local.file_lock import FileLock, LockHeldError

ORPHAN_WAIT_S = 15.0
RETRY_S = 0.05
PRINTABLE_ASCII = range(0x20, 0x7F)

_DIST = resources.files("stream_app.local").joinpath("kafka_dist")


class KafkaDirectoryInUseError(StoreMonitorError):
    """Another broker lives in this directory."""

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"{path} is in use by {holder}, and a Kafka directory can have one broker at a time. "
            "Stop the other one, or choose another state directory."
        )


class KafkaDirectoryInvalidError(StoreMonitorError):
    """The directory can't hold a broker's data."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} can't be the embedded Kafka's directory: {reason}")


@dataclass(frozen=True, slots=True)
class KafkaDirectory:
    """A directory that this process alone may run a broker in, until it is released or the process ends."""

    path: Path
    lock: FileLock

    @classmethod
    def claim(cls, path: Path) -> Self:
        """Refuse a second broker, and wait for an orphan of a killed process to be gone.

        Raises KafkaDirectoryInUseError, KafkaDirectoryInvalidError.
        """
        if "," in str(path):
            raise KafkaDirectoryInvalidError(path, "Kafka takes a comma in log.dirs for the end of a directory's name")
        try:
            lock = FileLock.acquire(path / "supervisor.lock", wait_s=0)
        except LockHeldError as error:
            raise KafkaDirectoryInUseError(path, f"process {error.holder_pid}") from error
        directory = cls(path, lock)
        if not _is_free_within(directory.data / ".lock", ORPHAN_WAIT_S):
            lock.close()
            raise KafkaDirectoryInUseError(
                path, f"a broker without supervisor (`fuser {directory.data}/.lock` names it)"
            )
        return directory

    def close(self) -> None:
        """Let another broker in."""
        self.lock.close()

    @property
    def data(self) -> Path:
        """Kafka's log.dirs."""
        return self.path / "data"

    @property
    def unfinished(self) -> Path:
        """Where data are formatted, so that a format that was killed never looks like a finished one."""
        return self.path / "data.unfinished"

    @property
    def log4j_configuration(self) -> Path:
        """The file that `configure` writes beside the broker's own configuration."""
        return self.path / "log4j2.properties"

    def is_formatted(self) -> bool:
        """Tell whether there are data; raises KafkaDirectoryInvalidError if they don't say whose they are."""
        if self.data.exists() and not self._meta_properties.is_file():
            reason = f"{self._meta_properties} is missing; move {self.data} away to start anew"
            raise KafkaDirectoryInvalidError(self.path, reason)
        return self.data.exists()

    def cluster_id(self) -> str:
        """Read the id given at the format, which tells this broker from another one on the same port."""
        found = re.search(r"^cluster\.id=(.+)$", self._meta_properties.read_text(), re.MULTILINE)
        if found is None:
            raise KafkaDirectoryInvalidError(self.path, f"{self._meta_properties} names no cluster.id")
        return found[1]

    def begin_format(self) -> Path:
        """Clear what an earlier format left, and return the configuration to format with."""
        if self.unfinished.exists():
            shutil.rmtree(self.unfinished)
        return self.configure(self.unfinished, broker_port=1, controller_port=2)  # the ports are not opened

    def finish_format(self) -> None:
        """Take the formatted data into use, once they are on the disk.

        Kafka's tool doesn't sync them, and a broker whose bootstrap.checkpoint is empty after a power cut never starts.
        """
        sync_tree(self.unfinished)
        self.unfinished.rename(self.data)
        sync(self.path)

    def configure(self, data: Path, broker_port: int, controller_port: int) -> Path:
        """Write the broker's configuration for these ports and return its path."""
        self.log4j_configuration.write_text(_DIST.joinpath("log4j2.properties").read_text())
        template = Template(_DIST.joinpath("server.properties").read_text())
        configuration = self.path / "server.properties"
        configuration.write_text(
            template.substitute(
                data_dir=as_properties_value(str(data)), broker_port=broker_port, controller_port=controller_port
            )
        )
        return configuration

    @property
    def _meta_properties(self) -> Path:
        return self.data / "meta.properties"


def new_cluster_id() -> str:
    """Draw an id as Kafka's own Uuid does, without a leading dash, which its command line would take for an option."""
    while True:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not cluster_id.startswith("-"):
            return cluster_id


def as_properties_value(text: str) -> str:
    """Escaped for java.util.Properties, which reads Latin-1: backslashes doubled, what isn't ASCII as UTF-16 units."""
    units = memoryview(text.replace("\\", "\\\\").encode("utf-16-le")).cast("H")
    return "".join(chr(unit) if unit in PRINTABLE_ASCII else f"\\u{unit:04x}" for unit in units)


def _is_free_within(lock_file: Path, wait_s: float) -> bool:
    """Kafka's own lock, a POSIX one, is not held; a killed broker's goes when the kernel is done with the process."""
    deadline = time.monotonic() + wait_s
    while _is_held(lock_file):
        if time.monotonic() >= deadline:
            return False
        time.sleep(RETRY_S)
    return True


def _is_held(lock_file: Path) -> bool:
    if not lock_file.exists():
        return False
    with lock_file.open("r+b") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # lockf(3): either, by system
            return True
    return False

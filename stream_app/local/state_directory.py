"""The directory where one `up` keeps everything: broker, tables, reports, logs and what was replayed into it."""

import hashlib
import shutil
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Self

import msgspec

from stream_app.atomic_file import replacing
from stream_app.errors import StoreMonitorError
from stream_app.local.file_lock import FileLock, LockHeldError

DEFAULT_ROOT = Path(".store-monitor")

API_ADDRESS_FILE = "api.json"
KAFKA_ADDRESS_FILE = "kafka.json"
LOCK_FILE = "up.lock"

_ONLY_WORKER = "worker"  # where the tables were while there was but one worker
_CONTENTS = (
    "kafka",
    "worker-[0-9]*",
    "reports",
    "logs",
    API_ADDRESS_FILE,
    KAFKA_ADDRESS_FILE,
    "replay.json",
    "replayed.json",
    "given-up.json",
)
_LOCK_WAIT_S = 2.0


class StateDirectoryInUseError(StoreMonitorError):
    """Another `up` runs on the directory."""

    def __init__(self, path: Path, holder_pid: int | None) -> None:
        self.path = path
        super().__init__(f"another store-monitor (process {holder_pid}) runs on {path}: stop it, or choose --state-dir")


class StateDirectoryUnusableError(StoreMonitorError):
    """The system doesn't let the directory be made, locked or written to."""

    def __init__(self, path: Path, cause: OSError) -> None:
        self.path = path
        super().__init__(
            f"the state directory {path} can't be used ({cause.strerror or cause}): "
            "choose one that can be written to with --state-dir"
        )


class StateDirectoryGoneError(StoreMonitorError):
    """The directory was removed under the running service."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"the state directory {path} was removed or replaced while the service ran on it; everything is stopped. "
            "What lay there alone is lost: start again and replay the input"
        )


class Replayed(msgspec.Struct, frozen=True):
    """An input that was replayed into the directory: its files' digests, and the times of its first and last poll.

    `place` is the absolute path of its folder; None in what an older version wrote.
    """

    source: str
    digest: str
    first_poll: str | None = None
    last_poll: str | None = None
    place: str | None = None


class StateDirectory:
    """One state directory, held by this process alone until it is closed."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def claim(cls, path: Path) -> Self:
        """Make the directory if need be and hold it; raises StateDirectoryInUseError, StateDirectoryUnusableError."""
        path = path.absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
            directory = cls(path, FileLock.acquire(path / LOCK_FILE, _LOCK_WAIT_S))
        except LockHeldError as error:
            raise StateDirectoryInUseError(path, error.holder_pid) from error
        except OSError as error:
            raise StateDirectoryUnusableError(path, error) from error
        if (path / _ONLY_WORKER).is_dir() and not directory.worker(1).exists():
            (path / _ONLY_WORKER).rename(directory.worker(1))
        return directory

    @staticmethod
    def default_for(data: Path | None) -> Path:
        """Where the state of an input goes if nothing else is said."""
        return DEFAULT_ROOT / (data.resolve().name or "root" if data is not None else "default")

    def worker(self, number: int) -> Path:
        """The data directory of a worker, numbered from 1.

        It stays when a later run has fewer workers, which then rebuild its partitions from the changelog.
        """
        return self.path / f"worker-{number}"

    @property
    def reports(self) -> Path:
        """Finished reports."""
        return self.path / "reports"

    @property
    def logs(self) -> Path:
        """A log file a process."""
        return self.path / "logs"

    @property
    def api_address(self) -> Path:
        """Where the running API says its address."""
        return self.path / API_ADDRESS_FILE

    @property
    def kafka_address(self) -> Path:
        """Where the running `up` says which Kafka it uses."""
        return self.path / KAFKA_ADDRESS_FILE

    @property
    def replay_progress(self) -> Path:
        """How far the latest replay is."""
        return self.path / "replay.json"

    @property
    def given_up(self) -> Path:
        """Which parts of the running `up` are stopped for good, and why."""
        return self.path / "given-up.json"

    def check_present(self) -> None:
        """Raise StateDirectoryGoneError where the directory isn't the one that was claimed any more."""
        if not self._lock.is_in_place():
            raise StateDirectoryGoneError(self.path)

    def empty(self) -> None:
        """Remove what the service keeps here; foreign files stay."""
        for path in chain.from_iterable(self.path.glob(name) for name in _CONTENTS):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def forget_run(self) -> None:
        """Remove what an earlier run said of itself: it isn't true any more."""
        self.api_address.unlink(missing_ok=True)
        self.forget_kafka()
        self.replay_progress.unlink(missing_ok=True)
        self.given_up.unlink(missing_ok=True)

    def say_kafka(self, brokers: str) -> None:
        """Let other commands know which Kafka runs here."""
        with replacing(self.kafka_address) as file:
            file.write(msgspec.json.encode({"brokers": brokers}))

    def forget_kafka(self) -> None:
        """Remove what say_kafka wrote."""
        self.kafka_address.unlink(missing_ok=True)

    def replayed(self) -> list[Replayed]:
        """Every input that was replayed into the directory, oldest first."""
        history = self.path / "replayed.json"
        return msgspec.json.decode(history.read_bytes(), type=list[Replayed]) if history.exists() else []

    def remember(self, entry: Replayed) -> None:
        """Note an input as replayed, in place of an earlier note of the same files in the same place."""
        known = (entry.digest, entry.place), (entry.digest, None)
        entries = [other for other in self.replayed() if (other.digest, other.place) not in known] + [entry]
        with replacing(self.path / "replayed.json") as file:
            file.write(msgspec.json.encode(entries))

    def close(self) -> None:
        """Let another process have the directory."""
        self._lock.close()


def digest_of(files: Iterable[Path]) -> str:
    """One digest of several files' bytes, in order."""
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()

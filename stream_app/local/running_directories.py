"""The state directories on which an `up` runs at this moment: its lock ends with it, whatever files it left behind."""

from collections.abc import Sequence
from pathlib import Path

from stream_app.errors import StoreMonitorError
from stream_app.local.file_lock import is_held
from stream_app.local.state_directory import DEFAULT_ROOT, LOCK_FILE


class SeveralRunningError(StoreMonitorError):
    """More than one service could be meant."""

    def __init__(self, where: Sequence[Path], flag: str) -> None:
        self.where = where
        names = ", ".join(map(str, where))
        super().__init__(f"several are running ({names}): choose one with --state-dir or {flag}")


def running_directories(state_dir: Path | None) -> list[Path]:
    """`state_dir` where an `up` runs on it; without one those below the default root, ordered by name."""
    candidates = [state_dir] if state_dir is not None else sorted(DEFAULT_ROOT.glob("*"))
    return [path for path in candidates if is_held(path / LOCK_FILE)]


def the_only(files: Sequence[Path], flag: str) -> Path:
    """The one file of one running service; raises SeveralRunningError, which names `flag` as a way out."""
    if len(files) > 1:
        raise SeveralRunningError([file.parent for file in files], flag)
    return files[0]

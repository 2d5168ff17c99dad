"""The file that a report is written to: refused before the work where possible, and never the report's loss."""

from pathlib import Path

from stream_app.atomic_file import part_path, replacing
from stream_app.errors import StoreMonitorError, UsageError
from stream_app.system_refusals import about, why


class OutputFileRefusedError(UsageError):
    """The file can't be written, which was found out before anything was done."""

    def __init__(self, flag: str, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{flag} {path}: {reason}")


class OutputNotWrittenError(StoreMonitorError):
    """The report is there, but not in the file."""

    def __init__(self, path: Path, cause: OSError, kept: str) -> None:
        self.path = path
        self.kept = kept
        super().__init__(f"{path} can't be written ({why(cause)}). The report isn't lost: {kept}")


def check_output(flag: str, path: Path) -> None:
    """Raise OutputFileRefusedError where the file couldn't be written now; nothing is left behind."""
    folder = path.absolute().parent
    try:
        if not folder.is_dir():
            raise OutputFileRefusedError(flag, path, f"there is no directory {folder}")
        if path.is_dir():
            raise OutputFileRefusedError(flag, path, "that is a directory: name a file in it")
        if not _is_written_in_place(path):
            part = part_path(path)
            part.touch()
            part.unlink()
    except OSError as error:
        raise OutputFileRefusedError(flag, path, f"it can't be written ({why(error)})") from error


def write_output(path: Path, content: bytes, kept: str) -> None:
    """Write the file, whole or not at all; raises OutputNotWrittenError, which says where else the report is `kept`."""
    try:
        if _is_written_in_place(path):
            with about(path):
                path.write_bytes(content)
        else:
            with replacing(path) as file:
                file.write(content)
    except OSError as error:
        raise OutputNotWrittenError(path, error, kept) from error


def _is_written_in_place(path: Path) -> bool:
    """A device, a pipe or a link, such as /dev/null and /dev/stdout, stays what it is; another file is replaced."""
    return path.is_symlink() or (path.exists() and not path.is_file())

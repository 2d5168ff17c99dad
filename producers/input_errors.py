"""Why an input file can't be taken; each names the file and what to do."""

from collections.abc import Sequence
from pathlib import Path

from producers.input_kinds import Title
from stream_app.errors import StoreMonitorError, UsageError


class MissingColumnsError(StoreMonitorError):
    """A file lacks a column that is needed."""

    def __init__(self, path: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
        self.path, self.found, self.wanted = path, tuple(found), tuple(wanted)
        columns = ", ".join(map(_visible, found)) or "none"
        super().__init__(
            f"{path} lacks a column. Columns found: {columns}. Columns wanted: {', '.join(wanted)}. Nothing was sent"
        )


class AmbiguousColumnError(StoreMonitorError):
    """Two columns of a file could be the one that is needed."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path, self.columns = path, tuple(columns)
        super().__init__(
            f"{path} has several columns for one thing: {', '.join(columns)}. Remove all but one. Nothing was sent"
        )


class UnreadableInputError(StoreMonitorError):
    """A file can't be opened, or not be read to its end; `line` is the last one that was read whole."""

    def __init__(self, path: Path, cause: Exception | str, line: int | None = None) -> None:
        self.path, self.cause, self.line = path, cause, line
        where = "" if line is None else f" past line {line:,}"
        super().__init__(f"{path} can't be read{where}: {cause}")


class WorkbookSupportError(UnreadableInputError):
    """A workbook lies there, and the library that reads workbooks isn't installed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "a workbook needs pip install 'store-monitor[xlsx]'; or save its sheet as CSV")


class WrongKindError(UsageError):
    """A file was named as of one kind, and its header is another's."""

    def __init__(self, path: Path, named: Title, found: Title) -> None:
        self.path, self.named, self.found = path, named, found
        super().__init__(f"--{named} {path}: its header is that of {found}. Name it with --{found}. Nothing was sent")


def _visible(name: str) -> str:
    """A name whose invisible characters are shown by their codes, so that it doesn't look like the one wanted."""
    return name if name.isprintable() else repr(name)

"""One input file as a table: opened, its header checked, its needed columns read chunk by chunk."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Self, TextIO, cast

from producers.csv_rows import Rows, read_rows
from producers.input_files import InputKind
from stream_app.dead_letters import RowLayout
from stream_app.errors import StoreMonitorError


class MissingColumnsError(StoreMonitorError):
    """A file lacks a column that is needed."""

    def __init__(self, path: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
        self.path, self.found, self.wanted = path, tuple(found), tuple(wanted)
        columns = ", ".join(found) or "none"
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
    """A file can't be opened, or read to its end."""

    def __init__(self, path: Path, cause: Exception) -> None:
        self.path = path
        super().__init__(f"{path} can't be read: {cause}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: the needed columns in the kind's order ("" where a row is too short), and where the rows stand.

    `bytes_read` is how far into the file the reading is.
    """

    columns: tuple[list[str], ...]
    rows: Rows
    bytes_read: int

    def raw(self, row: int) -> bytes:
        """The row's bytes as they stand in the file, without its line end."""
        return self.rows.raws[row].rstrip("\r\n").encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class InputTable:
    """A file of a kind, with a header that has every column the kind needs, at `indexes`."""

    path: Path
    kind: InputKind
    indexes: tuple[int, ...]

    @classmethod
    def check(cls, path: Path, kind: InputKind) -> Self:
        """Read the header; raises MissingColumnsError, AmbiguousColumnError, UnreadableInputError."""
        with _opened(path) as (_, text):
            header = next(read_rows(text, lines_per_chunk=1), None)
        return cls(path, kind, _indexes(path, header.cells[0] if header else [], kind))

    @property
    def layout(self) -> RowLayout:
        """What a dead letter needs so that its row can be read again without the header."""
        names = (column[0] for column in self.kind.columns)
        return RowLayout(self.kind.title, dict(zip(names, self.indexes, strict=True)))

    @property
    def size(self) -> int:
        """Bytes of the file, compressed if it is; 0 where that can't be known, as of a pipe."""
        return self.path.stat().st_size

    def chunks(self) -> Iterator[Chunk]:
        """The rows behind the header; raises UnreadableInputError where the file ends unexpectedly."""
        with _opened(self.path) as (binary, text):
            chunks = read_rows(text)
            for rows in chain((next(chunks).without_first(),), chunks):
                if rows.cells:
                    yield Chunk(self._columns(rows.cells), rows, binary.tell())

    def _columns(self, cells: list[list[str]]) -> tuple[list[str], ...]:
        missing = max(self.indexes) + 1 - min(map(len, cells))
        if missing > 0:
            cells = [row + [""] * missing for row in cells]
        return tuple([row[index] for row in cells] for index in self.indexes)


def _indexes(path: Path, header: Sequence[str], kind: InputKind) -> tuple[int, ...]:
    names = [name.strip().lower() for name in header]
    found = [[i for i, name in enumerate(names) if name in map(str.lower, column)] for column in kind.columns]
    if not all(found):
        raise MissingColumnsError(path, [name.strip() for name in header], [" or ".join(c) for c in kind.columns])
    for places in found:
        if len(places) > 1:
            raise AmbiguousColumnError(path, [header[place].strip() for place in places])
    return tuple(places[0] for places in found)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, TextIO]]:
    """The file's bytes and its text. Bytes that are no UTF-8 become lone surrogates, which the domain refuses."""
    try:
        with path.open("rb") as binary:
            plain = cast("BinaryIO", gzip.GzipFile(fileobj=binary)) if path.suffix == ".gz" else binary
            with io.TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
                yield binary, text
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableInputError(path, error) from error

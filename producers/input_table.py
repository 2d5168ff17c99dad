"""One input file as a table: opened, its header checked, its needed columns read chunk by chunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from producers.csv_rows import CutTextError, Rows, read_rows
from producers.input_errors import AmbiguousColumnError, MissingColumnsError, UnreadableInputError, WrongKindError
from producers.input_header import Header, read_header
from producers.input_kinds import AmbiguousHeaderError, InputKind, shown_name
from producers.input_source import READ_ERRORS, InputSource
from stream_app.dead_letters import RowLayout


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: the needed columns in the kind's order ("" where a row is too short), and where the rows stand.

    `bytes_read` is how far into the file the reading is.
    """

    columns: tuple[list[str], ...]
    rows: Rows
    bytes_read: int

    def raw(self, row: int) -> bytes:
        """The row as UTF-8 without its line end: of a file in UTF-8, its bytes as they stand there."""
        text = self.rows.raws[row].rstrip("\r\n")
        try:
            return text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half a character of UTF-16
            return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class InputTable:
    """A file of a kind, with a header that has every column the kind needs, at `indexes`."""

    source: InputSource
    kind: InputKind
    header: Header
    indexes: tuple[int, ...]

    @classmethod
    def check(cls, path: Path, kind: InputKind) -> Self:
        """Read the header.

        Raises MissingColumnsError, AmbiguousColumnError, WrongKindError where it is another kind's, and
        UnreadableInputError.
        """
        source = InputSource.of(path)
        header = read_header(source, kind)
        try:
            indexes = kind.places(header.names)
        except AmbiguousHeaderError as error:
            raise AmbiguousColumnError(path, error.names) from error
        if indexes is None:
            raise _not_of_kind(source, kind, header.names)
        return cls(source, kind, header, indexes)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.source.path

    @property
    def layout(self) -> RowLayout:
        """What a dead letter needs so that its row can be read again without the header."""
        names = (column[0] for column in self.kind.columns)
        columns = dict(zip(names, self.indexes, strict=True))
        return RowLayout(self.kind.title, columns, self.header.separator)

    @property
    def size(self) -> int:
        """Bytes of the file, compressed if it is."""
        return self.source.size

    def chunks(self) -> Iterator[Chunk]:
        """The rows behind the header.

        Where the file ends unexpectedly, all rows before that come first; then UnreadableInputError is raised.
        """
        with self.source.opened() as (binary, text):
            try:
                for rows in read_rows(text, separator=self.header.separator, unreadable=READ_ERRORS):
                    behind = rows.behind(self.header.line) if rows.numbers[0] <= self.header.line else rows
                    if behind.cells:
                        yield Chunk(self._columns(behind.cells), behind, binary.tell())
            except CutTextError as error:
                raise UnreadableInputError(self.path, error.cause, error.line) from error

    def _columns(self, cells: list[list[str]]) -> tuple[list[str], ...]:
        missing = max(self.indexes) + 1 - min(map(len, cells))
        if missing > 0:
            cells = [row + [""] * missing for row in cells]
        return tuple([row[index] for row in cells] for index in self.indexes)


def _not_of_kind(source: InputSource, kind: InputKind, names: Sequence[str]) -> Exception:
    other = read_header(source)
    if other.kinds:
        return WrongKindError(source.path, kind.title, other.kinds[0].title)
    if source.is_misnamed:
        return UnreadableInputError(source.path, "it is named as compressed, and isn't")
    return MissingColumnsError(source.path, [shown_name(name) for name in names], kind.wanted)

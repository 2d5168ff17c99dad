"""Rows of a file that were refused, as they go to the dead letters."""

from collections.abc import Iterable
from dataclasses import dataclass

from producers.input_table import Chunk, InputTable
from stream_app.dead_letters import FileSource, RowLayout, row_letter
from stream_app.domain.rejection import Reason, Rejected


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One refused row: its file's name, the line it begins on (the header's is 1), its bytes, why, and its layout."""

    file: str
    line: int
    raw: bytes
    rejected: Rejected
    layout: RowLayout | None = None

    @property
    def reason(self) -> Reason:
        """The code that it is counted under."""
        return self.rejected.reason

    def dead_letter(self, at_s: float) -> tuple[bytes, bytes]:
        """Key and value of its record; `at_s` is in seconds since the epoch."""
        return row_letter(self.rejected, FileSource(self.file, self.line), self.raw, at_s, self.layout)


def rejected_rows(table: InputTable, chunk: Chunk, rejected: Iterable[tuple[int, Rejected]]) -> list[RejectedRow]:
    """The refused rows of a chunk of the table, each given by its place in the chunk."""
    file, layout = table.path.name, table.layout
    return [RejectedRow(file, chunk.rows.numbers[row], chunk.raw(row), why, layout) for row, why in rejected]

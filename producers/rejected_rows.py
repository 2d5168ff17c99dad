"""Rows of a file that were refused, as they go to the dead letters."""

from collections.abc import Iterable
from dataclasses import dataclass

from producers.input_table import Chunk
from stream_app.dead_letters import FileSource, dead_letter
from stream_app.domain.rejection import Reason, Rejected

MAX_RAW_BYTES = 65_536
"""A dead letter holds no more of its row: Kafka takes messages up to 1 MiB, and base64 or escapes lengthen it."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One refused row: its file's name, the line it begins on (the header's is 1), its bytes, and why."""

    file: str
    line: int
    raw: bytes
    rejected: Rejected

    @property
    def reason(self) -> Reason:
        """The code that it is counted under."""
        return self.rejected.reason

    def dead_letter(self, at_s: float) -> tuple[bytes, bytes]:
        """Key and value of its record; `at_s` is in seconds since the epoch."""
        return dead_letter(self.rejected, FileSource(self.file, self.line), self.raw[:MAX_RAW_BYTES], at_s)


def rejected_rows(file: str, chunk: Chunk, rejected: Iterable[tuple[int, Rejected]]) -> list[RejectedRow]:
    """The refused rows of a chunk, each given by its place in the chunk."""
    return [RejectedRow(file, chunk.rows.numbers[row], chunk.raw(row), why) for row, why in rejected]

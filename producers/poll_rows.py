"""Polls out of the rows of a poll file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from producers.input_table import InputTable
from producers.rejected_rows import RejectedRow, rejected_rows
from stream_app.domain.poll import PollColumns, parse_polls

Judge: TypeAlias = Callable[[PollColumns], PollColumns]
"""Refuses polls that can be read, but don't count."""


def parsed_alone(polls: PollColumns) -> PollColumns:
    """Every poll that can be read."""
    return polls


@dataclass(frozen=True, slots=True)
class PollRows:
    """The polls of some rows, the rows that are none, and how far into the file the reading is, in bytes."""

    store_ids: list[str]
    observations: NDArray[np.int64]
    rejected: list[RejectedRow]
    bytes_read: int

    @property
    def count(self) -> int:
        """How many rows were read for these."""
        return len(self.store_ids) + len(self.rejected)


def read_polls(table: InputTable, judged: Judge = parsed_alone) -> Iterator[PollRows]:
    """The polls of a file in its order, chunk by chunk, as `judged` leaves them; never more than a chunk is held."""
    for chunk in table.chunks():
        ids, statuses, times = chunk.columns
        if " " in "".join(ids):  # which would cost the whole chunk parse_polls' fast way (0.4 instead of 5 us a row)
            ids = [store_id.strip(" ") for store_id in ids]
        polls = judged(parse_polls(ids, statuses, times))
        rejected = rejected_rows(table, chunk, polls.rejected)
        yield PollRows(polls.store_ids, polls.observations, rejected, chunk.bytes_read)


@dataclass(frozen=True, slots=True)
class PollsInOrder:
    """Polls ordered by their time; those of one time stay in the file's order."""

    store_ids: list[str]
    observations: NDArray[np.int64]

    @classmethod
    def of(cls, chunks: list[PollRows]) -> "PollsInOrder":
        """All polls of a whole file."""
        ids = [store_id for chunk in chunks for store_id in chunk.store_ids]
        observations = np.concatenate([np.empty(0, np.int64), *(chunk.observations for chunk in chunks)])
        order = np.argsort(observations >> 1, kind="stable")
        return cls([ids[place] for place in order.tolist()], observations[order])

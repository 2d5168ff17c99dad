"""What a run of records means: valid ones go into the partition's state, the others become dead letters."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from faust.types import TP

from stream_app.codec import records
from stream_app.dead_letters import DeadLetterItem, RecordSource, record_letter
from stream_app.domain.poll import reject_future
from stream_app.domain.rejection import Rejected
from stream_app.partition_state import PartitionState


def take_in_polls(state: PartitionState, source: TP, run: Sequence[Any], max_future_s: float) -> list[DeadLetterItem]:
    """Give the polls of a run of the source's records to the state; return the dead letters of the others."""
    decoded = records.decode_polls([record.value for record in run])
    appended_at = np.array([record.timestamp for record in run], np.int64) * 1000
    polls = reject_future(decoded, appended_at[decoded.rows], round(max_future_s * 1_000_000))
    strangers = state.add_polls(polls)
    return _dead_letters(source, run, [*polls.rejected, *strangers])


def take_in_calendars(state: PartitionState, source: TP, run: Sequence[Any]) -> list[DeadLetterItem]:
    """Give the calendars of a run of the source's records to the state, in order; return the others' dead letters."""
    decoded = [records.decode_calendar(record.key, record.value) for record in run]
    refused = [(row, found) for row, found in enumerate(decoded) if isinstance(found, Rejected)]
    taken = [(row, *found) for row, found in enumerate(decoded) if not isinstance(found, Rejected)]
    strangers = state.add_calendars(taken)
    return _dead_letters(source, run, sorted([*refused, *strangers], key=lambda of_row: of_row[0]))


def _dead_letters(source: TP, run: Sequence[Any], refused: Iterable[tuple[int, Rejected]]) -> list[DeadLetterItem]:
    """Dead letters dated by their record, so that a replay of the topic makes the same ones."""
    return [
        record_letter(
            rejected,
            RecordSource(source.topic, source.partition, run[row].offset),
            run[row].key,
            run[row].value,
            run[row].timestamp / 1000,
        )
        for row, rejected in refused
    ]

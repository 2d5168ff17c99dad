"""What a run of records means: valid ones go into the partition's state, the others become dead letters."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from faust.types import TP

from stream_app.codec import records, refusals
from stream_app.dead_letters import DeadLetterItem, RecordSource, record_letter
from stream_app.domain.poll import reject_future
from stream_app.domain.refusals import Refusals
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.domain.store_id import parse_store_id
from stream_app.partition_state import PartitionState


def take_in_polls(state: PartitionState, source: TP, run: Sequence[Any], max_future_s: float) -> list[DeadLetterItem]:
    """Give the polls of a run of the source's records to the state; return the dead letters of the others."""
    decoded = records.decode_polls([record.value for record in run])
    appended_at = np.array([record.timestamp for record in run], np.int64) * 1000
    polls = reject_future(decoded, appended_at[decoded.rows], round(max_future_s * 1_000_000))
    strangers = state.add_polls(polls)
    return _dead_letters(source, run, [*polls.rejected, *strangers])


def take_in_calendars(state: PartitionState, source: TP, run: Sequence[Any]) -> list[DeadLetterItem]:
    """Give the calendars and refusals of a run of the source's records to the state, in order.

    Returns the dead letters of the other records; their stores, where the key names one, are told of the refusal.
    """
    refused: dict[int, Rejected] = {}
    taken: list[tuple[int, str, StoreCalendar | Refusals | None]] = []
    for row, record in enumerate(run):
        found = _decoded(record.key, record.value)
        if isinstance(found, Rejected):
            refused[row] = found
            taken += [(row, store_id, Refusals(message=True)) for store_id in _named_by(record.key)]
        else:
            taken.append((row, *found))
    strangers = dict(state.add_calendars(taken))
    return _dead_letters(source, run, sorted({**strangers, **refused}.items()))


def _decoded(key: bytes | None, value: bytes | None) -> tuple[str, StoreCalendar | Refusals | None] | Rejected:
    if key is not None and key.startswith(refusals.PREFIX):
        return refusals.decode_refusals_record(key, value)
    return records.decode_calendar(key, value)


def _named_by(key: bytes | None) -> list[str]:
    """The store that a record's key names; none where it names none."""
    named = parse_store_id((key or b"").decode(errors="surrogateescape"))
    return [named] if isinstance(named, str) else []


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

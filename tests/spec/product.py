"""An example through the product: its rows read, stored and reported by the real code, without Kafka and RocksDB."""

import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np

from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import Columns, ReportRequest, checked_policy, checked_range
from stream_app.codec import records, table
from stream_app.codec.refusals import encode_refusals
from stream_app.domain.poll import PollColumns, parse_polls, reject_future
from stream_app.domain.refusals import Refusals
from stream_app.domain.rejection import Rejected
from stream_app.domain.report import write_csv
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours, parse_hours
from stream_app.domain.zones import DEFAULT_ZONE, parse_zone
from tests.spec.example import STORE, Example, Message, instant
from tests.support.tables import meta_of, store_items

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_FUTURE_MICROS = 300_000_000

Value = TypeVar("Value")


def report(example: Example, columns: Columns = Columns.EXTENDED, stream_time: int | None = None) -> str:
    """The CSV of the example's store; `stream_time` (microseconds) is that of a poll of another store, if later.

    Raises what the API answers with 422.
    """
    return report_of(example, content_of({STORE: example}, stream_time), columns)


def fleet_content(examples: Iterable[Example]) -> PartitionContent:
    """What the table holds of the examples' stores, each named for its example."""
    return content_of({example.name: example for example in examples})


def report_of(example: Example, content: PartitionContent, columns: Columns = Columns.EXTENDED) -> str:
    """The CSV that the example asks for, of everything in a partition."""
    policy = checked_policy(example.policy)
    span = None if example.span is None else checked_range(*example.span)
    as_of = micros(example.as_of) if example.as_of else content.meta.stream_time
    assert as_of is not None, "neither T nor a poll"
    text = io.StringIO(newline="")
    write_csv(text, fleet_report([content], ReportRequest(policy=policy, columns=columns, range=span), as_of))
    return text.getvalue()


def rejections(example: Example) -> list[str]:
    """The codes of what was refused: polls, then hours and zones, or messages."""
    _, refused_polls = polls_of(example)
    _, refused = calendar_of(example)
    return [rejected.reason.value for rejected in [*refused_polls, *refused]]


def polls_of(example: Example) -> tuple[PollColumns, list[Rejected]]:
    """The polls that are taken, and why others are not."""
    rows = example.poll_rows
    polls = parse_polls([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    if example.taken_at:
        taken_at = np.full(len(polls.store_ids), micros(example.taken_at))
        polls = reject_future(polls, taken_at, MAX_FUTURE_MICROS)
    return polls, [rejected for _, rejected in polls.rejected]


def calendar_of(example: Example) -> tuple[StoreCalendar | None, list[Rejected]]:
    """The store's calendar, None for none, and why rows or messages are not taken."""
    return _of_messages(example) if example.messages else _of_rows(example)


def content_of(stores: Mapping[str, Example], stream_time: int | None = None) -> PartitionContent:
    """What the table holds of these stores under the range of this stream time, or that of the newest poll."""
    polls = {store_id: polls_of(example)[0] for store_id, example in stores.items()}
    calendars = {store_id: of for store_id, example in stores.items() if (of := calendar_of(example)[0]) is not None}
    observations = np.concatenate([of.observations for of in polls.values()])
    times = [*(observations >> 1).tolist(), *([] if stream_time is None else [stream_time])]
    times += [micros(example.newest_elsewhere) for example in stores.values() if example.newest_elsewhere]
    newest = max(times, default=None)
    ids = [store_id for store_id, of in polls.items() for _ in of.store_ids]
    items = store_items(PollColumns(ids, observations, np.arange(len(ids)), []), calendars, newest)
    stored = {store_id.encode(): table.encode_calendar(of) for store_id, of in calendars.items()}
    refused = {store_id.encode(): encode_refusals(refusals_of(example)) for store_id, example in stores.items()}
    known = sorted(items)
    return PartitionContent(meta_of(newest), known, [items[store_id] for store_id in known], stored, refused)


def refusals_of(example: Example) -> Refusals:
    """What the producers, or the worker, note as refused of the store's calendar."""
    if example.messages:
        last = records.decode_calendar(STORE.encode(), message_value(example.messages[-1]))
        return Refusals(message=isinstance(last, Rejected))
    _, refused_hours = _sorted_out(parse_hours(day, start, end) for _, day, start, end in example.hours_rows)
    _, refused_zones = _sorted_out(parse_zone(name) for _, name in example.zone_rows)
    return Refusals(len(refused_hours), len(refused_zones))


def message_value(message: Message | None) -> bytes | None:
    """A message as the topic has it."""
    return None if message is None else json.dumps({"store_id": STORE, **message}).encode()


def micros(text: str) -> int:
    """A time of the notation, in microseconds since the epoch."""
    return (instant(text) - EPOCH) // timedelta(microseconds=1)


def _of_rows(example: Example) -> tuple[StoreCalendar | None, list[Rejected]]:
    hours, refused_hours = _sorted_out(parse_hours(day, start, end) for _, day, start, end in example.hours_rows)
    zones, refused_zones = _sorted_out(parse_zone(name) for _, name in example.zone_rows)
    weekly: list[WeeklyHours] = sorted(set(hours))
    calendar = StoreCalendar(zones[-1] if zones else DEFAULT_ZONE, tuple(weekly), assumes_zone=not zones)
    return calendar if hours or zones else None, [*refused_hours, *refused_zones]


def _of_messages(example: Example) -> tuple[StoreCalendar | None, list[Rejected]]:
    decoded = (records.decode_calendar(STORE.encode(), message_value(message)) for message in example.messages)
    valid, refused = _sorted_out(decoded)
    return (valid[-1][1] if valid else None), refused


def _sorted_out(parsed: Iterable[Value | Rejected]) -> tuple[list[Value], list[Rejected]]:
    valid: list[Value] = []
    refused: list[Rejected] = []
    for value in parsed:
        if isinstance(value, Rejected):
            refused.append(value)
        else:
            valid.append(value)
    return valid, refused

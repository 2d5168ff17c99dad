"""The state that was kept against the state that the reference wants."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import ReportRequest
from stream_app.codec import store_values
from stream_app.domain.partitions import partition_of
from stream_app.domain.report import write_csv
from stream_app.domain.store_state import NO_POLL, RetainedRange, observations_of
from tests.faults.expected import RETENTION_DAYS, Expected

_RANGE_MINUTES = (RETENTION_DAYS + 1) * 1440
_OBSERVATIONS_PER_MINUTE = 2 * 60_000_000
_EXAMPLES = 10


@dataclass(slots=True)
class Differences:
    """How many polls are lost, extra or wrong; how many carries, places, calendars and report lines differ."""

    lost: int = 0
    extra: int = 0
    wrong: int = 0
    carries: int = 0
    misplaced: int = 0
    calendars: int = 0
    report_lines: int = 0
    examples: list[str] = field(default_factory=list)

    def example(self, text: str) -> None:
        """Keep it, if there are few."""
        if len(self.examples) < _EXAMPLES:
            self.examples.append(text)


SAME = Differences()


def compare(expected: Expected, contents: Sequence[PartitionContent]) -> Differences:
    """Every store's polls, carry and place, the stores with a calendar, and some lines of the report."""
    found = Differences()
    seen: set[str] = set()
    for partition, content in enumerate(contents):
        _compare_range(found, expected, partition, content)
        for store_id, carry, polls in _stores(content, expected.retained_from):
            _compare_store(found, expected, store_id, carry, polls)
            if partition_of(store_id.encode(), len(contents)) != partition or store_id in seen:
                found.misplaced += 1
                found.example(f"store {store_id} stands in partition {partition}")
            seen.add(store_id)
    for store_id in expected.polls.keys() - seen:
        found.lost += len(expected.polls[store_id])
        found.example(f"store {store_id} is missing")
    calendars = {store_id.decode() for content in contents for store_id in content.calendars}
    found.calendars = len(calendars ^ expected.calendars)
    _compare_report(found, expected, contents)
    return found


def _compare_range(found: Differences, expected: Expected, partition: int, content: PartitionContent) -> None:
    if content.ids and content.meta.retained_from != expected.retained_from:
        found.wrong += 1
        found.example(f"partition {partition} keeps polls from minute {content.meta.retained_from} on")


def _compare_store(found: Differences, expected: Expected, store_id: str, carry: int, polls: dict[int, int]) -> None:
    wanted = expected.polls.get(store_id, {})
    found.carries += carry != expected.carry.get(store_id, NO_POLL)
    if polls == wanted:
        return
    found.lost += len(wanted.keys() - polls.keys())
    found.extra += len(polls.keys() - wanted.keys())
    found.wrong += sum(polls[minute] != wanted[minute] for minute in polls.keys() & wanted.keys())
    found.example(f"store {store_id} has {len(polls)} polls of {len(wanted)}")


def _stores(content: PartitionContent, retained_from: int) -> Iterator[tuple[str, int, dict[int, int]]]:
    """Each store's id, carry, and observations by minute."""
    states = store_values.decode_states(content.values, RetainedRange(retained_from, retained_from + _RANGE_MINUTES))
    observations = observations_of(states.entries, retained_from)
    ends = np.searchsorted(states.entry_rows, np.arange(len(states)), side="right").tolist()
    starts = [0, *ends]
    for row, (store_id, carry) in enumerate(zip(content.ids, states.carry.tolist(), strict=True)):
        of_store = observations[starts[row] : ends[row]].tolist()
        yield store_id.decode(), carry, {each // _OBSERVATIONS_PER_MINUTE: each for each in of_store}


def _compare_report(found: Differences, expected: Expected, contents: Sequence[PartitionContent]) -> None:
    """By the stored buckets, as the API counts them."""
    text = io.StringIO(newline="")
    write_csv(text, fleet_report(contents, ReportRequest(), expected.as_of))
    lines = {line.split(",")[0]: line for line in text.getvalue().splitlines()}
    for store_id, line in expected.rows.items():
        if lines.get(store_id) != line:
            found.report_lines += 1
            found.example(f"the report says {lines.get(store_id)}, not {line}")

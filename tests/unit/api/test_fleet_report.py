"""The report from stored values equals the reference's, under whatever ranges the values were stored."""

import io
from collections.abc import Container
from datetime import UTC, datetime, timedelta

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from api.as_of import AsOfNotRetainedError, check_retained
from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import ReportRequest
from stream_app.codec import store_values, table
from stream_app.domain.poll import PollColumns
from stream_app.domain.report import write_csv
from stream_app.domain.store_calendar import StoreCalendar
from tests import reference
from tests.support.strategies import Scenario, scenarios
from tests.support.tables import calendars_of, meta_of, store_items, valid_polls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of(instant: datetime) -> int:
    return (instant.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def polls_of(polls: PollColumns, store_ids: Container[str]) -> PollColumns:
    rows = [row for row, store_id in enumerate(polls.store_ids) if store_id in store_ids]
    return PollColumns([polls.store_ids[row] for row in rows], polls.observations[rows], polls.rows[rows], [])


def content_of(polls: PollColumns, calendars: dict[str, StoreCalendar], *, own_ranges: bool) -> PartitionContent:
    """A table whose values were all stored now, or each when its store was last polled."""
    together = [{store_id} for store_id in polls.store_ids] if own_ranges else [set(polls.store_ids)]
    items = {key: value for ids in together for key, value in store_items(polls_of(polls, ids), calendars).items()}
    stream_time = int(polls.observations.max()) >> 1 if polls.store_ids else None
    ids = sorted(items)
    by_id = {store_id.encode(): table.encode_calendar(calendar) for store_id, calendar in calendars.items()}
    return PartitionContent(meta_of(stream_time), ids, [items[key] for key in ids], by_id)


def csv_of(contents: list[PartitionContent], as_of_micros: int) -> bytes:
    text = io.StringIO(newline="")
    write_csv(text, fleet_report(contents, ReportRequest(), as_of_micros))
    return text.getvalue().encode()


@settings(max_examples=200, deadline=None)  # the first example of a zone reads its rules
@given(scenarios(), st.booleans(), st.integers(1, 3))
def test_report_equals_the_reference_however_old_the_stored_ranges_are(
    scenario: Scenario,
    own_ranges: bool,  # noqa: FBT001 - hypothesis gives it
    partitions: int,
) -> None:
    polls, calendars = valid_polls(scenario.polls), calendars_of(scenario.hours_rows, scenario.zone_rows)
    newest = int(polls.observations.max()) >> 1
    as_of = newest if scenario.as_of is None else micros_of(scenario.as_of)
    try:
        check_retained(as_of, [meta_of(newest)])
    except AsOfNotRetainedError:
        reject()
    known = sorted({*polls.store_ids, *calendars})
    parts = [known[partition::partitions] for partition in range(partitions)]

    contents = [
        content_of(
            polls_of(polls, part), {key: calendars[key] for key in part if key in calendars}, own_ranges=own_ranges
        )
        for part in parts
    ]

    assert csv_of(contents, as_of) == reference.report(
        scenario.polls, scenario.hours_rows, scenario.zone_rows, EPOCH + timedelta(microseconds=as_of)
    )


def test_polls_are_counted_one_a_store_and_minute_under_ranges_of_any_age() -> None:
    polls = valid_polls(
        [
            ("old", "active", "2023-01-02 12:00:00 UTC"),
            ("old", "inactive", "2023-01-02 12:00:30 UTC"),
            ("new", "active", "2023-01-25 12:00:00 UTC"),
            ("new", "active", "2023-01-25 12:01:00 UTC"),
            ("new", "active", "2022-11-01 12:00:00 UTC"),
        ]
    )

    values = content_of(polls, {}, own_ranges=True).values
    assert store_values.count_polls(values) == 3
    assert store_values.poll_range(values) == (sorted(polls.observations.tolist())[2], max(polls.observations))


def test_table_without_a_store_makes_no_rows() -> None:
    assert csv_of([PartitionContent(meta_of(None), [], [], {})], 0).count(b"\n") == 1

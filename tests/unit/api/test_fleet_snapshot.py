"""A snapshot of the fleet says of each store what the store's own answer says, and of the week what the report says."""

from dataclasses import replace

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from api.as_of import AsOfNotRetainedError
from api.fleet_snapshot import FleetSnapshot, fleet_snapshot
from api.partition_content import PartitionContent
from api.store_page import Filter, page_rows, rows_chosen
from stream_app.codec import store_values
from stream_app.domain.policy import parse_policy
from stream_app.domain.store_state import RetainedRange
from tests.property.test_policies import NAMES, as_of_micros, content_of
from tests.support.strategies import Scenario, scenarios
from tests.unit.api.test_live import answers_of


def without_buckets(content: PartitionContent) -> PartitionContent:
    """The same as a worker writes it while it is behind."""
    retained = RetainedRange(content.meta.retained_from or 0, (content.meta.retained_from or 0) + 40_000)
    states = store_values.decode_states(content.values, retained)
    return replace(content, values=store_values.encode_states(states, None))


def split(content: PartitionContent, partitions: int) -> list[PartitionContent]:
    found = []
    for partition in range(partitions):
        pairs = list(zip(content.ids, content.values, strict=True))[partition::partitions]
        polled = {key for key, _ in pairs}
        others = sorted(content.calendars.keys() - set(content.ids))[partition::partitions]
        calendars = {key: value for key, value in content.calendars.items() if key in polled or key in others}
        found.append(
            replace(content, ids=[key for key, _ in pairs], values=[value for _, value in pairs], calendars=calendars)
        )
    return found


def snapshot_of(contents: list[PartitionContent], policy: str, as_of: int) -> FleetSnapshot:
    try:
        return fleet_snapshot(contents, parse_policy(policy), as_of)
    except AsOfNotRetainedError:
        reject()


@settings(max_examples=100, deadline=None)  # the first example of a zone reads its rules
@given(scenario=scenarios(), name=NAMES, partitions=st.integers(1, 3), is_derived=st.booleans())
def test_snapshot_says_of_each_store_what_its_own_answer_says(
    scenario: Scenario, name: str, partitions: int, *, is_derived: bool
) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)
    stored = content if is_derived else without_buckets(content)

    snapshot = snapshot_of(split(stored, partitions), name, as_of)

    rows = [row.model_dump() for row in page_rows(snapshot, rows_chosen(snapshot, Filter()))]
    answers = {answer.store_id: answer.model_dump() for answer in answers_of(content, name, as_of)}
    assert [row["store_id"] for row in rows] == sorted(answers, key=str.encode)
    assert rows == [{key: answers[row["store_id"]][key] for key in row} for row in rows]
    if snapshot.hours_of_week is None:
        assert name == "poll_hours"
    elif name != "calendar":
        assert snapshot.hours_of_week.up.sum() == snapshot.up[:, 2].sum()
        assert snapshot.hours_of_week.down.sum() == snapshot.down[:, 2].sum()


def test_snapshot_takes_24_bytes_a_store_beside_the_ids() -> None:
    rows = [(str(number), "active", "2023-01-25 12:00:00 UTC") for number in range(1000)]
    content = content_of(Scenario(rows, [], [], None))

    found = snapshot_of([content], "default", content.meta.stream_time or 0)

    columns = (found.status, found.zone, found.last_poll, found.up, found.down)
    assert sum(column.nbytes for column in columns) / len(found) == pytest.approx(23)

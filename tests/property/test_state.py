"""Any order, duplicates, any split into batches, any restart point: the same state once read, and the same report."""

import io
from datetime import UTC, datetime
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import ReportRequest
from stream_app.codec import store_values
from stream_app.domain import report, store_state
from stream_app.domain.policy import DEFAULT_POLICY
from tests import reference
from tests.support.effort import examples
from tests.support.partition_log import CALENDARS, POLLS, RETENTION_DAYS, CheckpointedPartition, SourceLog, partition
from tests.support.strategies import Scenario, scenarios

# Half of the 1,000 examples that the two tests have together. Each opens real databases, so there is no deadline.
EXAMPLES = settings(
    max_examples=examples(500), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

READS = st.tuples(st.sampled_from([POLLS, CALENDARS]), st.integers(1, 30))
STEPS = st.lists(st.one_of(READS, st.just("checkpoint"), st.just("kill")), max_size=12)


@EXAMPLES
@given(scenario=scenarios(), steps=STEPS, duplicates=st.integers(0, 3), seed=st.integers(0, 255))
def test_any_order_split_duplicate_and_restart_gives_the_report_of_the_reference(
    scenario: Scenario, steps: list[str | tuple[str, int]], duplicates: int, seed: int
) -> None:
    polls = scenario.polls + scenario.polls[: duplicates * 5]
    Random(seed).shuffle(polls)
    log = SourceLog()
    log.add_polls(polls)
    log.add_calendars(scenario.hours_rows, scenario.zone_rows)

    with partition(log) as through_steps:
        go_through(through_steps, steps)
        content = through_steps.content()

    expected = reference.report(scenario.polls, scenario.hours_rows, scenario.zone_rows, scenario.as_of)
    assert product_report(content, scenario.as_of) == expected


@EXAMPLES
@given(scenario=scenarios(), steps=STEPS, seed=st.integers(0, 255))
def test_any_order_split_and_restart_leaves_the_state_of_one_batch_in_order(
    scenario: Scenario, steps: list[str | tuple[str, int]], seed: int
) -> None:
    in_order, shuffled = SourceLog(), SourceLog()
    in_order.add_polls(scenario.polls)
    shuffled.add_polls(Random(seed).sample(scenario.polls, len(scenario.polls)))
    for log in (in_order, shuffled):
        log.add_calendars(scenario.hours_rows, scenario.zone_rows)

    with partition(in_order) as at_once, partition(shuffled) as through_steps:
        at_once.finish()
        go_through(through_steps, steps)
        one, other = at_once.content(), through_steps.content()

    assert one.calendars == other.calendars
    assert one.meta.stream_time == other.meta.stream_time
    assert states_once_read(one) == states_once_read(other)


def go_through(opened: CheckpointedPartition, steps: list[str | tuple[str, int]]) -> None:
    """Take the steps, then read what is left and make it durable."""
    for step in steps:
        if step == "checkpoint":
            opened.checkpoint()
        elif step == "kill":
            opened.kill()
        else:
            opened.read(*step)
    opened.finish()


def product_report(content: PartitionContent, as_of: datetime | None, policy: str = DEFAULT_POLICY) -> bytes:
    """The report as the API's job computes it from a table."""
    assert content.meta.stream_time is not None
    micros = content.meta.stream_time if as_of is None else round((as_of - EPOCH).total_seconds() * 1_000_000)
    text = io.StringIO(newline="")
    report.write_csv(text, fleet_report([content], ReportRequest(policy=policy), micros))
    return text.getvalue().encode()


def states_once_read(content: PartitionContent) -> dict[bytes, tuple[int, list[int]]]:
    """Carry and entries of each store under the partition's range; stored bytes may lag behind it."""
    assert content.meta.stream_time is not None
    retained = store_state.retained_range(content.meta.stream_time, RETENTION_DAYS)
    states = store_values.decode_states(content.values, retained)
    rows = states.entry_rows
    return {
        store_id: (int(states.carry[row]), np.sort(states.entries[rows == row] & MASK).tolist())
        for row, store_id in enumerate(content.ids)
    }


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MASK = np.uint64((1 << store_state.ROW_SHIFT) - 1)

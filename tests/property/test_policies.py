"""Every policy, with every set of columns and over any range, agrees with the reference, and loses no minute."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from api.as_of import AsOfNotRetainedError
from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import Columns, Format, ReportRequest, checked_range
from stream_app.codec import table
from stream_app.codec.refusals import encode_refusals
from stream_app.domain.policy import POLICIES, parse_policy
from stream_app.domain.report import WRITERS
from tests import reference
from tests.support.effort import examples
from tests.support.partition_log import CALENDARS, SourceLog, partition
from tests.support.policy_strategies import ChangingScenario, changing_scenarios
from tests.support.strategies import Scenario, scenarios
from tests.support.tables import calendars_of, meta_of, refusals_of, store_items, valid_polls

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = st.one_of(st.sampled_from(list(POLICIES)), st.integers(1, 3000).map(lambda minutes: f"max_gap:{minutes}"))
EXAMPLES = settings(max_examples=examples(300), deadline=None)  # the first example of a zone reads its rules


@EXAMPLES
@given(scenario=scenarios(), name=NAMES, columns=st.sampled_from(Columns))
def test_report_by_any_policy_equals_the_reference(scenario: Scenario, name: str, columns: Columns) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)

    written = report_text(content, ReportRequest(policy=name, columns=columns), as_of)

    expected = reference.report(
        scenario.polls,
        scenario.hours_rows,
        scenario.zone_rows,
        EPOCH + timedelta(microseconds=as_of),
        reference_policy(name),
        columns.value,
        name,
    )
    assert written.encode() == expected


@EXAMPLES
@given(scenario=scenarios(), name=NAMES, hours=st.tuples(st.integers(0, 200), st.integers(1, 200)), local=st.booleans())
def test_report_of_any_range_equals_the_reference(
    scenario: Scenario, name: str, hours: tuple[int, int], *, local: bool
) -> None:
    content = content_of(scenario)
    newest = EPOCH + timedelta(microseconds=content.meta.stream_time or 0)
    end = newest - timedelta(hours=hours[0])
    first = end - timedelta(hours=hours[1])
    begin, until = (first.date(), end.date() + timedelta(days=1)) if local else (first, end)
    spelled = [edge.isoformat() for edge in (begin, until)]
    request = ReportRequest(policy=name, range=checked_range(*spelled))

    written = report_text(content, request, 0)

    calendars = reference.calendars_from_rows(scenario.hours_rows, scenario.zone_rows)
    assert written.encode() == reference.range_report(scenario.polls, calendars, begin, until, reference_policy(name))


@EXAMPLES
@given(scenario=scenarios(), name=NAMES)
def test_up_down_and_unknown_make_up_the_business_minutes_under_any_policy(scenario: Scenario, name: str) -> None:
    content = content_of(scenario)
    as_of = as_of_micros(scenario.as_of, content)

    def minutes(policy: str) -> list[dict[str, str]]:
        request = ReportRequest(policy=policy, columns=Columns.EXTENDED)
        return list(csv.DictReader(io.StringIO(report_text(content, request, as_of))))

    same_windows = "calendar" if name == "calendar" else "default"
    for row, of_default in zip(minutes(name), minutes(same_windows), strict=True):
        hour = sum(int(row[f"{side}_last_hour"]) for side in ("uptime", "downtime", "unknown"))
        assert hour == int(row["business_minutes_last_hour"])
        for window in ("hour", "day", "week"):
            business = f"business_minutes_last_{window}"
            assert row[business] == of_default[business]


@EXAMPLES
@given(scenario=changing_scenarios(), name=NAMES, columns=st.sampled_from(Columns))
def test_report_with_calendars_that_change_equals_the_reference(
    scenario: ChangingScenario, name: str, columns: Columns
) -> None:
    log = SourceLog()
    log.add_polls(scenario.polls)
    for store_id, body in scenario.messages:
        value = None if body is None else json.dumps({"store_id": store_id, **body}).encode()
        log.append(CALENDARS, store_id.encode(), value)
    with partition(log) as opened:
        opened.finish()
        content = opened.content()
    as_of = as_of_micros(scenario.as_of, content)

    written = report_text(content, ReportRequest(policy=name, columns=columns), as_of)

    expected = reference.report_of(
        scenario.polls,
        reference.calendars_from_messages(scenario.messages),
        EPOCH + timedelta(microseconds=as_of),
        reference_policy(name),
        columns.value,
        name,
        reference.refused_from_messages(scenario.messages),
    )
    assert written.encode() == expected


def content_of(scenario: Scenario) -> PartitionContent:
    polls, calendars = valid_polls(scenario.polls), calendars_of(scenario.hours_rows, scenario.zone_rows)
    items = store_items(polls, calendars)
    ids = sorted(items)
    by_id = {store_id.encode(): table.encode_calendar(calendar) for store_id, calendar in calendars.items()}
    refused = refusals_of(scenario.hours_rows, scenario.zone_rows)
    return PartitionContent(
        meta_of(int(polls.observations.max()) >> 1),
        ids,
        [items[key] for key in ids],
        by_id,
        {store_id.encode(): encode_refusals(each) for store_id, each in refused.items()},
    )


def as_of_micros(as_of: datetime | None, content: PartitionContent) -> int:
    if as_of is None:
        return content.meta.stream_time or 0
    return (as_of - EPOCH) // timedelta(microseconds=1)


def report_text(content: PartitionContent, request: ReportRequest, as_of: int) -> str:
    text = io.StringIO(newline="")
    try:
        made = fleet_report([content], request, as_of)
    except AsOfNotRetainedError:
        reject()
    WRITERS[Format.CSV](text, made)
    return text.getvalue()


def reference_policy(name: str) -> reference.Policy:
    policy = parse_policy(name).policy
    return reference.Policy(policy.before.value, policy.between.value, policy.max_gap, policy.windows.value)

"""An example through the reference, which knows nothing of the product."""

from datetime import date, datetime, timedelta

from tests import reference
from tests.spec.example import STORE, Example, PollRow, instant

# before, between, max_gap, windows
POLICIES = {
    "default": reference.Policy(),
    "optimistic": reference.Policy(before="active"),
    "backfill": reference.Policy(before="backfill"),
    "measured": reference.Policy(before="exclude"),
    "nearest": reference.Policy(before="backfill", between="nearest"),
    "poll_hours": reference.Policy(before="exclude", between="poll_hours"),
    "calendar": reference.Policy(windows="calendar"),
}
DEFAULT_GAP = 120
MAX_FUTURE = timedelta(minutes=5)


def report(example: Example) -> str:
    """The CSV of the example's store, extended or of its range."""
    calendars = _calendars(example)
    policy = _policy(example.policy)
    if example.span is not None:
        begin, end = (_edge(text) for text in example.span)
        return reference.range_report(_polls(example), calendars, begin, end, policy).decode()
    as_of = instant(example.as_of) if example.as_of else None
    refused = _refused(example)
    return reference.report_of(_polls(example), calendars, as_of, policy, "extended", example.policy, refused).decode()


def _polls(example: Example) -> list[PollRow]:
    if not example.taken_at:
        return example.poll_rows
    latest = instant(example.taken_at) + MAX_FUTURE
    return [row for row in example.poll_rows if reference.parse_poll(*row).moment <= latest]


def _calendars(example: Example) -> dict[str, reference.Calendar]:
    if example.messages:
        return reference.calendars_from_messages((STORE, message) for message in example.messages)
    return reference.calendars_from_rows(example.hours_rows, example.zone_rows)


def _refused(example: Example) -> dict[str, reference.Refused]:
    if example.messages:
        return reference.refused_from_messages((STORE, message) for message in example.messages)
    return reference.refused_from_rows(example.hours_rows, example.zone_rows)


def _policy(name: str) -> reference.Policy:
    kind, _, minutes = name.partition(":")
    if kind == "max_gap":
        return reference.Policy(before="exclude", max_gap=int(minutes or DEFAULT_GAP))
    return POLICIES[kind]


def _edge(text: str) -> date | datetime:
    return instant(text) if ":" in text else date.fromisoformat(text)

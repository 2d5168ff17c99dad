"""docs/rules.md: the examples as tables that a shop owner can read."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.spec.example import NOON, WEEKDAYS, Example, Message, Subject
from tests.spec.examples import EXAMPLES, SUBJECTS
from tests.support.markdown import markdown_table


def rules() -> str:
    """A section for each subject, with a row for each example."""
    return "\n\n".join(map(_section, SUBJECTS))


def sla_cases() -> str:
    """Which examples show the cases that Icinga DB's SLA tests are about."""
    cases: dict[str, list[str]] = {}
    for example in EXAMPLES:
        if example.sla_case:
            cases.setdefault(example.sla_case, []).append(f"`{example.name}`")
    return markdown_table(("case", "examples"), ([case, ", ".join(names)] for case, names in cases.items()))


def _section(subject: Subject) -> str:
    rows = ([f"{of.rule}<br>`{of.name}`", _input(of), f"{_outcome(of)}<br>{of.why}"] for of in subject.examples)
    return f"## {subject.title}\n\n{subject.intro}\n\n{markdown_table(('rule', 'example', 'comes to'), rows)}"


def _input(example: Example) -> str:
    """What differs from the defaults that the page names: open 24x7, UTC, T at noon, the default policy."""
    parts = [f"polls: {', '.join(example.polls)}" if example.polls else "no polls"]
    if example.messages:
        parts += [f"message: {_message(message)}" for message in example.messages]
    else:
        if example.hours:
            parts.append(f"hours: {', '.join(example.hours)}")
        if example.zone != "UTC":
            parts.append(f"zone: {example.zone}" if example.zone else "no zone")
    if example.newest_elsewhere:
        parts.append(f"another store polled at {example.newest_elsewhere}")
    if example.taken_at:
        parts.append(f"Kafka took them at {example.taken_at}")
    if example.policy != "default":
        parts.append(f"policy: {example.policy}")
    if example.span is not None:
        parts.append("from {} to {}".format(*example.span))
    elif example.as_of != NOON:
        parts.append(f"T: {example.as_of or 'not given'}")
    return "<br>".join(parts)


def _outcome(example: Example) -> str:
    if example.refused:
        return f"refused: `{example.refused}`"
    parts = [] if example.is_known else ["no row"]
    parts += [_minutes(window, minutes) for window, minutes in example.expected.items()]
    parts += [f"`{column}`: {cell or 'empty'}" for column, cell in example.columns.items()]
    parts += [f"refused: `{reason}`" for reason in example.rejections]
    return "<br>".join(parts)


def _minutes(window: str, minutes: Sequence[int]) -> str:
    words = ", ".join(f"{count} {side}" for count, side in zip(minutes, ("up", "down", "unknown"), strict=False))
    return f"{'range' if window == 'span' else window}: {words}"


def _message(message: Message | None) -> str:
    if message is None:
        return "null"
    if "versions" in message:
        parts = [f"from {of['effective_from'] or 'ever'}: {_week(of)}" for of in message["versions"]] or ["no versions"]
        parts += ["beside them: " + _week(message)] if "hours" in message else []
    else:
        parts = [_week(message)]
    parts += [f"on {of['date']}: {_spans(of['hours']) or 'closed'}" for of in message.get("exceptions", ())]
    parts += [f"maintenance: {of['from']} to {of['to']}" for of in message.get("maintenance", ())]
    return "; ".join(parts)


def _week(part: Mapping[str, Any]) -> str:
    rows = sorted(part.get("hours", ()), key=lambda row: (row["start"], row["end"], row["day"]))
    by_span = groupby(rows, key=lambda row: (row["start"], row["end"]))
    hours = ", ".join(f"{_days([row['day'] for row in same])} {start}-{end}" for (start, end), same in by_span)
    zone = part.get("timezone", "no zone")
    return f"{hours or '24x7'}{'' if zone == 'UTC' else f' ({zone})'}"


def _days(days: Sequence[int]) -> str:
    if len(days) == len(WEEKDAYS):
        return "daily"
    return ", ".join(WEEKDAYS[day] if day < len(WEEKDAYS) else str(day) for day in days)


def _spans(hours: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(f"{row['start']}-{row['end']}" for row in hours)

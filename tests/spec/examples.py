"""All examples, in the order of the docs."""

from tests.spec import (
    bad_data,
    calendar_windows,
    calendars,
    clocks,
    edges,
    hours,
    policies,
    policies_between,
    polls,
    versions,
    zones,
)

SUBJECTS = (
    polls.SUBJECT,
    edges.SUBJECT,
    hours.SUBJECT,
    zones.SUBJECT,
    clocks.SUBJECT,
    policies.BEFORE,
    policies.MAX_GAP,
    policies_between.NEAREST,
    policies_between.POLL_HOURS,
    calendar_windows.SUBJECT,
    calendars.EXCEPTIONS,
    calendars.MAINTENANCE,
    versions.VERSIONS,
    versions.MESSAGES,
    bad_data.REFUSED_ROWS,
    bad_data.TOO_NEW_OR_OLD,
)
EXAMPLES = tuple(example for subject in SUBJECTS for example in subject.examples)

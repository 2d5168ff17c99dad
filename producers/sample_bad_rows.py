"""Rows that a sample can be sprinkled with: each is refused, for the reason that stands beside it."""

from collections.abc import Sequence

from stream_app.domain.rejection import Reason

BAD_POLLS: Sequence[tuple[str, Reason]] = (
    ("8419537941919820732,closed,2024-03-10 12:09:39.388884 UTC", Reason.UNKNOWN_STATUS),
    ("8419537941919820732,ACTIVE,2024-03-10 12:09:39.388884 UTC", Reason.UNKNOWN_STATUS),
    ("8419537941919820732,active,10/03/2024 12:09", Reason.UNREADABLE_TIME),
    ("8419537941919820732,active,2024-02-30 12:09:39 UTC", Reason.UNREADABLE_TIME),
    ("8419537941919820732,active,1969-12-31 23:59:59 UTC", Reason.TIME_OUT_OF_RANGE),
    ("8419537941919820732,active,", Reason.MISSING_VALUE),
    ("8419537941919820732,,2024-03-10 12:09:39.388884 UTC", Reason.MISSING_VALUE),
    ("8419537941919820732,active", Reason.MISSING_VALUE),
    (",active,2024-03-10 12:09:39.388884 UTC", Reason.EMPTY_STORE_ID),
    ("84195\x07,active,2024-03-10 12:09:39.388884 UTC", Reason.BAD_STORE_ID),
    ("84195\udcff,active,2024-03-10 12:09:39.388884 UTC", Reason.NOT_UTF8),
    ("8419537941919820732,act\udce9ve,2024-03-10 12:09:39.388884 UTC", Reason.UNKNOWN_STATUS),
)
"""A lone surrogate is a byte that is no UTF-8, as Python's `surrogateescape` has it."""

BAD_HOURS: Sequence[tuple[str, Reason]] = (
    ("8419537941919820732,7,09:00:00,17:00:00", Reason.BAD_DAY),
    ("8419537941919820732,Monday,09:00:00,17:00:00", Reason.BAD_DAY),
    ("8419537941919820732,0,09:00:00,25:00:00", Reason.BAD_HOURS),
    ("8419537941919820732,0,9.30,17:00:00", Reason.BAD_HOURS),
    ("8419537941919820732,0,09:00:00,", Reason.MISSING_VALUE),
    (" ,0,09:00:00,17:00:00", Reason.EMPTY_STORE_ID),
)

BAD_ZONES: Sequence[tuple[str, Reason]] = (
    ("8419537941919820732,America/Gotham", Reason.UNKNOWN_ZONE),
    ("8419537941919820732,america/chicago", Reason.UNKNOWN_ZONE),
    ("8419537941919820732,", Reason.MISSING_VALUE),
    (",America/Chicago", Reason.EMPTY_STORE_ID),
)


def bad_lines(rows: Sequence[tuple[str, Reason]], count: int) -> list[str]:
    """That many lines, each kind in turn."""
    return [rows[number % len(rows)][0] + "\n" for number in range(count)]

"""What a store's page says of hours and zones that weren't given, or couldn't be read."""

from pathlib import Path

import pytest

from api.pages.assumptions import assumptions
from api.store_hours import store_hours
from stream_app.domain.refusals import NOTHING_REFUSED, Refusals
from stream_app.domain.store_calendar import DEFAULT_CALENDAR, StoreCalendar, WeeklyHours
from tests.support.live_api import live_api_of

WHOLE = StoreCalendar("UTC", (WeeklyHours(0, 540, 1020),))
ALWAYS_OPEN = "the store counts as open around the clock."
CHICAGO = "America/Chicago is assumed."


@pytest.mark.parametrize(
    ("calendar", "refusals", "sentences"),
    [
        (WHOLE, NOTHING_REFUSED, []),
        (
            DEFAULT_CALENDAR,
            NOTHING_REFUSED,
            [f"No hours were given, so {ALWAYS_OPEN}", f"No time zone was given, so {CHICAGO}"],
        ),
        (
            DEFAULT_CALENDAR,
            Refusals(12, 1),
            [
                f"None of the 12 rows of hours that were given could be read, so {ALWAYS_OPEN}",
                f"The time zone that was given could not be read, so {CHICAGO}",
            ],
        ),
        (
            WHOLE,
            Refusals(1, 2),
            [
                "1 row of hours could not be read and is missing here.",
                "2 rows of time zones could not be read; the last valid one holds.",
            ],
        ),
        (
            WHOLE,
            Refusals(message=True),
            ["The newest calendar that was sent was refused as a whole, so what was known before it holds."],
        ),
    ],
)
def test_each_assumption_is_a_sentence(calendar: StoreCalendar, refusals: Refusals, sentences: list[str]) -> None:
    assert assumptions(store_hours("shop", calendar, refusals, 0)) == sentences


def test_page_of_a_store_says_that_its_hours_could_not_be_read(tmp_path: Path) -> None:
    polls = [("shop", "active", "2023-01-25 11:00:00 UTC")]
    hours = [("shop", str(day), "nine", "17:00") for day in range(7)]

    with live_api_of(tmp_path, polls, hours, [("shop", "UTC")]) as api:
        page = api.answer("GET", "/ui/stores/shop").text

    assert f"None of the 7 rows of hours that were given could be read, so {ALWAYS_OPEN}" in page

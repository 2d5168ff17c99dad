"""Which polls of a file stand far ahead of the rest, and which files are left whole."""

import numpy as np
import pytest

from producers.far_ahead import Jump, MinuteCounts
from stream_app.domain.poll import MICROS_PER_MINUTE, parse_polls
from stream_app.domain.rejection import Reason, Rejected

HOUR, DAY = 60, 24 * 60
HOURLY = [hour * HOUR for hour in range(36)]  # the last one at minute 2100


def jump(*minutes: int) -> int | None:
    """The first minute that is held back."""
    counts = MinuteCounts.none()
    for at in range(0, len(minutes), 7):  # in chunks
        counts = counts.plus(np.array(minutes[at : at + 7], np.int64) * MICROS_PER_MINUTE * 2)
    found = counts.jump()
    return None if found is None else found.first


@pytest.mark.parametrize(
    "ahead",
    [
        (2100 + DAY + 1,),
        (2100 + 365 * DAY,),
        (2100 + 365 * DAY, 2101 + 365 * DAY, 2200 + 365 * DAY),
        (2100 + 365 * DAY, 2100 + 900 * DAY),
    ],
)
def test_few_polls_more_than_a_day_ahead_of_all_others_are_held_back(ahead: tuple[int, ...]) -> None:
    assert jump(*HOURLY, *ahead) == jump(*ahead, *reversed(HOURLY)) == ahead[0]


def test_a_step_of_a_day_is_none_too_long() -> None:
    assert jump(*HOURLY, 2100 + DAY) is None


def test_up_to_one_poll_in_ten_is_held_back() -> None:
    assert jump(*HOURLY, *[99_999] * 4) == 99_999
    assert jump(*HOURLY, *[99_999] * 5) is None


def test_a_file_of_two_weeks_that_lie_apart_is_whole() -> None:
    assert jump(*HOURLY, *(minute + 60 * DAY for minute in HOURLY)) is None


def test_polls_of_four_minutes_say_too_little_of_the_rest() -> None:
    assert jump(*[0, 1, 2, 3] * 20, 30 * DAY) is None
    assert jump(*[0, 1, 2, 3, 4] * 20, 30 * DAY) == 30 * DAY


def test_polls_that_come_every_few_days_go_on_so() -> None:
    every_other_day = [day * 2 * DAY for day in range(30)]

    assert jump(*every_other_day) is None
    assert jump(*every_other_day, 58 * DAY + 4 * DAY) is None
    assert jump(*every_other_day, 58 * DAY + 4 * DAY + 1) == 62 * DAY + 1


def test_a_wrong_date_in_the_past_hides_none_in_the_future() -> None:
    assert jump(-900 * DAY, *HOURLY, 2100 + 365 * DAY) == 2100 + 365 * DAY


def test_no_polls_make_no_jump() -> None:
    assert jump() is None


def test_held_back_polls_are_refused_with_the_distance() -> None:
    polls = parse_polls(["a", "?", "b"], ["active"] * 3, ["2024-01-25 11:30:00Z", "x", "2023-01-25 11:00:00Z"])
    of_2023, of_2024 = sorted((polls.observations >> 1) // MICROS_PER_MINUTE)

    kept = Jump(int(of_2023), int(of_2024)).held_back(polls)

    assert (kept.store_ids, kept.rows.tolist()) == (["b"], [2])
    assert kept.rejected[0] == (
        0,
        Rejected(Reason.FAR_AHEAD_OF_THE_REST, "365.0 days or more after 2023-01-25T11:00Z, the newest of the others"),
    )
    assert kept.rejected[1][1].reason is Reason.UNREADABLE_TIME

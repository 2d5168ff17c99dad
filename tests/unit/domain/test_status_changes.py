"""Status changes, by hand and against a reader that keeps the last word on each minute."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream_app.domain.poll import observation
from stream_app.domain.status_changes import StatusChanges, status_changes
from stream_app.domain.store_state import NO_POLL, RetainedRange, StoreStates, fold, no_polls

FIRST = int(datetime(2024, 3, 1, tzinfo=UTC).timestamp()) // 60
RETAINED = RetainedRange(FIRST, FIRST + 17 * 1440)

Poll = tuple[int, int, bool]  # row, seconds from the first retained minute, is active


def folded(states: StoreStates, polls: list[Poll]) -> StoreStates:
    rows = np.array([row for row, _, _ in polls], np.int64)
    seen = [observation((FIRST * 60 + at) * 1_000_000, is_active=active) for _, at, active in polls]
    return fold(states, rows, np.array(seen, np.int64))


def said(changes: StatusChanges) -> list[tuple[int, int, bool, bool]]:
    minutes = (changes.minute - FIRST).tolist()
    return list(
        zip(changes.row.tolist(), minutes, changes.is_active.tolist(), changes.is_corrected.tolist(), strict=True)
    )


def changes_of(known: list[Poll], more: list[Poll]) -> list[tuple[int, int, bool, bool]]:
    before = folded(no_polls(2, RETAINED), known)
    return said(status_changes(before, folded(before, more)))


def test_first_poll_is_news() -> None:
    assert changes_of([], [(1, 600, True)]) == [(1, 10, True, False)]


def test_poll_of_the_same_status_says_nothing() -> None:
    assert changes_of([(0, 600, True)], [(0, 1200, True)]) == []


def test_other_status_is_news_from_its_minute_on() -> None:
    assert changes_of([(0, 600, True)], [(0, 1259, False)]) == [(0, 20, False, False)]


def test_later_poll_in_a_minute_corrects_what_was_said_of_the_minute() -> None:
    assert changes_of([(0, 600, True)], [(0, 601, False)]) == [(0, 10, False, True)]


def test_two_polls_of_one_minute_in_one_fold_say_only_the_final_status() -> None:
    assert changes_of([(0, 60, True)], [(0, 601, False), (0, 602, True)]) == []


def test_late_poll_that_differs_is_corrected_and_the_next_status_is_said_anew() -> None:
    known = [(0, 600, True), (0, 1800, True)]

    assert changes_of(known, [(0, 1200, False)]) == [(0, 20, False, True), (0, 30, True, True)]


def test_late_poll_moves_the_beginning_of_a_status() -> None:
    known = [(0, 600, True), (0, 1800, False)]

    assert changes_of(known, [(0, 1200, False)]) == [(0, 20, False, True), (0, 30, False, True)]


def test_change_that_turns_out_to_be_none_is_said_with_the_status_that_holds() -> None:
    known = [(0, 600, True), (0, 1200, False), (0, 1800, True)]

    assert changes_of(known, [(0, 1201, True)]) == [(0, 20, True, True), (0, 30, True, True)]


def test_minute_that_was_said_and_begins_nothing_is_said_again_when_it_turns() -> None:
    known = [(0, 600, True), (0, 1200, True)]  # of 20 something was said where it came first

    assert changes_of(known, [(0, 601, False), (0, 1201, False)]) == [(0, 10, False, True), (0, 20, False, True)]


def test_poll_before_the_first_one_corrects() -> None:
    assert changes_of([(0, 600, True)], [(0, 0, True)]) == [(0, 0, True, True), (0, 10, True, True)]


def test_stores_do_not_touch_each_other() -> None:
    assert changes_of([(0, 600, True)], [(1, 300, False)]) == [(1, 5, False, False)]


def test_newer_poll_before_the_range_replaces_what_was_said_there() -> None:
    known = [(0, -1200, True), (0, 600, False)]

    assert changes_of(known, [(0, -600, False)]) == [(0, -10, False, True), (0, 10, False, True)]


def test_nothing_is_said_of_a_time_before_all_that_is_still_known() -> None:
    assert changes_of([(0, -1200, True)], [(0, -600, True)]) == [(0, -10, True, False)]


def statuses(states: StoreStates, row: int) -> dict[int, bool]:
    """Poll minutes with their status, minute by minute the slow way."""
    found = {}
    if states.carry[row] != NO_POLL:
        found[int(states.carry[row]) // 120_000_000] = not states.carry[row] & 1
    here = states.entry_rows == row
    for minute, entry in zip(states.entry_minutes[here].tolist(), states.entries[here].tolist(), strict=True):
        found[minute] = not entry & 1
    return found


POLLS = st.lists(st.tuples(st.integers(0, 1), st.integers(-600, 1200), st.booleans()), max_size=12)


@given(folds=st.lists(POLLS, max_size=5))
@example(folds=[[(0, 60, True)], [(0, 0, True)], [(0, 0, False), (0, 60, False)]])
@example(folds=[[(0, 300, True)], [(0, 0, True)], [(0, 120, False), (0, 301, False)]])
def test_last_word_on_each_minute_gives_the_status_of_every_poll(folds: list[list[Poll]]) -> None:
    states = no_polls(2, RETAINED)
    words: dict[int, dict[int, bool]] = {0: {}, 1: {}}
    for polls in folds:
        after = folded(states, polls)
        for row, minute, is_active, is_corrected in said(status_changes(states, after)):
            newest = max(statuses(states, row), default=NO_POLL)
            assert is_corrected == (minute + FIRST <= newest)
            words[row][minute + FIRST] = is_active
        states = after

    for row, of_store in words.items():
        for minute, status in statuses(states, row).items():
            assert of_store[max(said_at for said_at in of_store if said_at <= minute)] == status


@given(polls=POLLS)
def test_replayed_polls_say_nothing(polls: list[Poll]) -> None:
    states = folded(no_polls(2, RETAINED), polls)

    assert said(status_changes(states, folded(states, polls))) == []


@pytest.mark.parametrize("order", [1, -1])
def test_poll_of_the_epochs_first_minute_is_of_its_own_store(order: int) -> None:
    polls = [(0, 600, True), (1, -FIRST * 60, True)][::order]

    assert changes_of([], polls) == [(0, 10, True, False), (1, -FIRST, True, False)]


def test_duration_of_the_range_does_not_matter() -> None:
    last = int(timedelta(days=17).total_seconds()) - 1

    assert changes_of([(0, 0, True)], [(0, last, False)]) == [(0, 17 * 1440 - 1, False, False)]

"""Which open transactions in the topic of status changes are said."""

from structlog.testing import capture_logs

from api.held_back import HeldBack
from stream_app.log_ends import OpenTransaction

OPEN = OpenTransaction("store-status-changes", 1, 10, 12)
LATER = OpenTransaction("store-status-changes", 1, 20, 22)


def said(*rounds: tuple[float, list[OpenTransaction]]) -> int:
    """How many log events these rounds make, at these seconds."""
    now = 0.0
    held_back = HeldBack(lambda: now)
    with capture_logs() as logs:
        for at_s, transactions in rounds:
            now = at_s
            held_back.note(transactions)
    return len(logs)


def test_transaction_that_lasts_is_said_once() -> None:
    assert said((0, [OPEN]), (4, [OPEN]), (5, [OPEN]), (60, [OPEN])) == 1


def test_checkpoints_that_follow_each_other_are_not_said() -> None:
    assert said((0, [OPEN]), (3, [LATER]), (6, []), (7, [OPEN]), (9, [LATER])) == 0


def test_second_transaction_that_lasts_is_said_too() -> None:
    assert said((0, [OPEN]), (6, [OPEN]), (7, [LATER]), (13, [LATER])) == 2

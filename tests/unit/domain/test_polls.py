"""Columns of polls: which rows are taken, which refused, and what is said of those."""

import numpy as np
import pytest

from stream_app.domain.instant import parse_time
from stream_app.domain.poll import parse_poll, parse_polls, reject_future, usual_observations
from stream_app.domain.rejection import SENTENCES, Reason, Rejected

DIGITS = "digits alone could be seconds, milliseconds or a date run together"
NOON = 1_674_648_000_000_000  # 2023-01-25T12:00:00Z in microseconds


def test_odd_rows_cost_only_themselves_wherever_they_stand() -> None:
    count, odd = 2500, {0: "x", 1234: "", 2499: "2023-02-30 12:00:00 UTC"}
    times = [odd.get(row, "2023-01-25 12:00:00 UTC") for row in range(count)]

    polls = parse_polls([f"s{row}" for row in range(count)], ["active"] * count, times)

    assert [row for row, _ in polls.rejected] == [0, 1234, 2499]
    assert polls.rows.tolist() == [row for row in range(count) if row not in odd]
    assert polls.store_ids == [f"s{row}" for row in range(count) if row not in odd]
    assert set(polls.observations.tolist()) == {NOON * 2}
    assert polls.rows.dtype == polls.observations.dtype == np.int64


@pytest.mark.parametrize("spelled", ["2023-01-25 12:00:00 UTC", "2023-01-25T12:00:00Z", "2023-01-25 12:00:00+00:00"])
def test_usual_spellings_are_read_at_once_and_alike(spelled: str) -> None:
    polls = parse_polls(["a", "b"], ["active", "inactive"], [spelled, spelled])

    assert polls.observations.tolist() == [NOON * 2, NOON * 2 + 1]
    assert polls.rows.tolist() == [0, 1]
    assert polls.rejected == []


@pytest.mark.parametrize("times", [[], ["x"], ["x"] * 1001, ["x"] * 1000 + ["2023-01-25 12:00:00 UTC"]])
def test_columns_hold_whole_numbers_whether_rows_are_taken_or_not(times: list[str]) -> None:
    taken = [row for row, time in enumerate(times) if time != "x"]

    polls = parse_polls(["a"] * len(times), ["active"] * len(times), times)

    assert (polls.store_ids, polls.rows.tolist()) == (["a"] * len(taken), taken)
    assert polls.observations.tolist() == [NOON * 2] * len(taken)
    assert [row for row, _ in polls.rejected] == [row for row in range(len(times)) if row not in taken]
    assert polls.rows.dtype == polls.observations.dtype == np.int64


def test_usual_columns_need_no_look_at_their_rows() -> None:
    times = ["1970-01-01 00:00:00", "2023-01-25T12:00:00.5Z", "2023-01-25 12:00:00.000001+00:00"]

    usual = usual_observations(["inactive", "active", "active"], times)

    assert usual is not None
    assert usual.tolist() == [1, (NOON + 500_000) * 2, (NOON + 1) * 2]


@pytest.mark.parametrize(
    ("status", "time"),
    [
        ("open", "2023-01-25 12:00:00"),
        ("active ", "2023-01-25 12:00:00"),
        ("active", "2023-01-25 12:00:00+01:00"),
        ("active", " 2023-01-25 12:00:00"),
        ("active", "2023-01-25 12:00:00.0000001"),
        ("active", "2023-02-30 12:00:00"),
        ("active", "1969-12-31 23:59:59.999999"),
        ("active", "2023-01-25 12:00:00\n2023-01-25 12:00:00"),
        ("active", ""),
    ],
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_unusual_row_asks_for_a_look_at_each(status: str, time: str, at: int) -> None:
    statuses, times = ["active", "inactive"], ["2023-01-25 12:00:00"] * 2
    statuses.insert(at, status)
    times.insert(at, time)

    assert usual_observations(statuses, times) is None


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (("", "active", "2023-01-25 12:00:00"), Reason.EMPTY_STORE_ID, "''"),
        (("a\x07", "active", "2023-01-25 12:00:00"), Reason.BAD_STORE_ID, "'a\\x07'"),
        (("é" * 129, "active", "2023-01-25 12:00:00"), Reason.BAD_STORE_ID, f"258 bytes, starting with {'é' * 40!r}"),
        (("a", "open", "2023-01-25 12:00:00"), Reason.UNKNOWN_STATUS, "status 'open'"),
        (("a", " ", "2023-01-25 12:00:00"), Reason.MISSING_VALUE, "status ' '"),
        (("a", "active", " "), Reason.MISSING_VALUE, "timestamp ' '"),
        (("a", "active", "noon"), Reason.UNREADABLE_TIME, "'noon'"),
        (("a", "active", "1674645600"), Reason.UNREADABLE_TIME, f"'1674645600', {DIGITS}"),
        (("a", "active", "2023-01-25"), Reason.UNREADABLE_TIME, "'2023-01-25', a date without a time of day"),
        (("a", "active", "x" * 99), Reason.UNREADABLE_TIME, repr("x" * 64)),
        (("a", "x" * 99, "2023-01-25 12:00:00"), Reason.UNKNOWN_STATUS, f"status {'x' * 64!r}"),
        (("a", "active", " " * 99), Reason.MISSING_VALUE, f"timestamp {' ' * 64!r}"),
        (
            ("a", "active", "2023-02-30 12:00:00"),
            Reason.UNREADABLE_TIME,
            "'2023-02-30 12:00:00', no calendar or clock shows it",
        ),
        (
            ("a", "active", "2023-01-25 12:00:00+24:00"),
            Reason.UNREADABLE_TIME,
            "'2023-01-25 12:00:00+24:00', no calendar or clock shows it",
        ),
        (
            ("a", "active", "2023-01-25 12:00:00+01:60"),
            Reason.UNREADABLE_TIME,
            "'2023-01-25 12:00:00+01:60', no calendar or clock shows it",
        ),
        (("a", "active", "1970-01-01 00:00:00+00:01"), Reason.TIME_OUT_OF_RANGE, "'1970-01-01 00:00:00+00:01'"),
    ],
)
def test_refusal_says_what_was_found(row: tuple[str, str, str], reason: Reason, detail: str) -> None:
    refused = parse_poll(*row)

    assert refused == Rejected(reason, detail)
    assert isinstance(refused, Rejected)
    assert refused.sentence == f"{SENTENCES[reason]}: {detail}"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01 00:00:00", 0),
        ("9999-12-31 23:59:59.999999", 253_402_300_799_999_999),
        ("1969-12-31 23:30:00-00:30", 0),
        ("2023-01-25 12:00:00.5", NOON + 500_000),
        ("2023-01-25 12:00:00.0000019", NOON + 1),
        ("2023-01-25 13:59:00+01:59", NOON),
    ],
)
def test_time_is_read_to_the_microsecond(text: str, micros: int) -> None:
    assert parse_time(text) == micros


@pytest.mark.parametrize("around", ["\t", "\u00a0", "X"])
def test_around_a_status_or_time_only_spaces_are_dropped(around: str) -> None:
    noon = "2023-01-25 12:00:00"

    assert parse_poll(" a ", " active ", f" {noon} ") == ("a", NOON * 2)
    assert parse_poll("a", f"{around}active", noon) == Rejected(Reason.UNKNOWN_STATUS, f"status {around + 'active'!r}")
    assert parse_poll("a", around, noon) == Rejected(Reason.UNKNOWN_STATUS, f"status {around!r}")
    assert parse_poll("a", "active", around + noon) == Rejected(Reason.UNREADABLE_TIME, repr(around + noon))
    assert parse_poll("a", "active", around) == Rejected(Reason.UNREADABLE_TIME, repr(around))


def test_poll_ahead_of_its_record_is_refused_from_the_first_microsecond_past_the_limit() -> None:
    polls = parse_polls(
        ["a", "?", "b", "c"], ["active"] * 4, ["2023-01-25 12:05:00Z", "x", *["2023-01-25 12:05:00.000001Z"] * 2]
    )
    appended_at = np.array([NOON, NOON, NOON + 1])

    kept = reject_future(polls, appended_at, 300_000_000)

    assert kept.store_ids == ["a", "c"]
    assert kept.rows.tolist() == [0, 3]
    assert [(row, reason.reason) for row, reason in kept.rejected] == [
        (1, Reason.UNREADABLE_TIME),
        (2, Reason.FUTURE_POLL),
    ]
    assert kept.rejected[1][1].detail == "300.0 s ahead"


def test_refusal_says_how_far_ahead_a_poll_is() -> None:
    thirty_days = parse_polls(["a"], ["inactive"], ["2023-02-24 12:00:00.2Z"])

    refused = reject_future(thirty_days, np.array([NOON]), 300_000_000)

    assert refused.rejected == [(0, Rejected(Reason.FUTURE_POLL, "2592000.2 s ahead"))]


def test_polls_that_are_not_ahead_stay_as_they_are() -> None:
    polls = parse_polls(["a"], ["active"], ["2023-01-25 12:05:00Z"])

    assert reject_future(polls, np.array([NOON]), 300_000_000) is polls

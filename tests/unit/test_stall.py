"""When a partition counts as stalled: it lags, nothing moves, and nothing that bounds itself is under way."""

import pytest
from faust.types import TP

from stream_app.stall import Reading, Stall, StallClock, StalledPartitionError

POLLS, CALENDARS = TP("store-polls", 3), TP("store-calendars", 3)
WORKER = object()
LOOK_S = 5.0


def seconds_of(*looks: tuple[Reading, int | None]) -> list[float]:
    """The stalled seconds at each look at one reading and the end that Kafka tells, None where it doesn't."""
    clock = StallClock()
    return [
        clock.look([reading], {} if end is None else {reading.tp: end}, LOOK_S)[0].seconds for reading, end in looks
    ]


def at(position: int, reader: object = WORKER, *, is_waiting: bool = False) -> Reading:
    return Reading(POLLS, position, reader, is_waiting)


def test_time_counts_from_the_look_that_found_the_lag() -> None:
    assert seconds_of((at(7), 9), (at(7), 9), (at(7), 12), (at(7), 12)) == [0, 5, 10, 15]


def test_partition_that_takes_anything_begins_anew() -> None:
    assert seconds_of((at(7), 9), (at(7), 9), (at(8), 9), (at(8), 9)) == [0, 5, 0, 5]


def test_partition_that_has_read_everything_is_not_stalled() -> None:
    assert seconds_of((at(9), 9), (at(9), 9), (at(9), 9)) == [0, 0, 0]


def test_records_behind_an_open_transaction_are_not_missing() -> None:
    """The end that is asked for is the last stable offset."""
    assert seconds_of((at(9), 9), (at(9), 9), (at(9), 20), (at(9), 20)) == [0, 0, 0, 5]


def test_kafka_that_does_not_answer_is_not_the_partitions_stall() -> None:
    assert seconds_of((at(7), 9), (at(7), 9), (at(7), None), (at(7), 9), (at(7), 9)) == [0, 5, 0, 0, 5]


def test_time_in_which_a_full_partition_waits_for_its_checkpoint_does_not_count() -> None:
    waiting = at(7, is_waiting=True)

    assert seconds_of((at(7), 9), (at(7), 9), (waiting, 9), (waiting, 9), (at(7), 9)) == [0, 5, 5, 5, 10]


def test_what_the_last_owner_left_undone_does_not_count_against_the_next() -> None:
    assert seconds_of((at(7), 9), (at(7), 9), (at(7, object()), 9)) == [0, 5, 0]


def test_recovery_of_one_partition_counts_for_those_that_have_everything() -> None:
    """Their readers are equal as long as no partition has moved."""
    looks = [(at(7, {0: 7, 1: held}), 8) for held in (100, 200, 200, 300)]

    assert seconds_of(*looks) == [0, 0, 5, 0]


def test_topics_of_a_partition_are_judged_apart() -> None:
    """Calendars that go on must not hide polls that don't."""
    clock = StallClock()

    def looked(calendars: int) -> list[float]:
        readings = [Reading(POLLS, 7, WORKER), Reading(CALENDARS, calendars, WORKER)]
        return [stall.seconds for stall in clock.look(readings, {POLLS: 9, CALENDARS: 50}, LOOK_S)]

    assert [looked(calendars) for calendars in (1, 2, 3)] == [[0, 0], [5, 0], [10, 0]]


def test_partition_that_was_not_looked_at_in_between_begins_anew() -> None:
    clock = StallClock()
    clock.look([at(7)], {POLLS: 9}, LOOK_S)
    clock.look([], {}, LOOK_S)

    assert clock.look([at(7)], {POLLS: 9}, LOOK_S) == [Stall(at(7), 0.0, 2)]


def test_error_names_the_partition_the_time_and_the_lag() -> None:
    error = StalledPartitionError(Stall(at(7), 61.2, 12))

    assert (error.partition, error.topic, error.seconds, error.lag) == (3, "store-polls", 61.2, 12)
    assert "partition 3 has stood still at offset 7 of store-polls for 61 s" in str(error)
    with pytest.raises(StalledPartitionError, match="12 offsets more"):
        raise error

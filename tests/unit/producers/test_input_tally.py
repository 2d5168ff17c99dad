"""What a replay says of its input."""

from producers.input_tally import InputTally, in_words
from stream_app.replay_progress import Assumed, InputSummary, KindSummary


def test_every_file_is_counted_with_its_stores_and_those_that_it_alone_has() -> None:
    tally = InputTally()
    tally.begin("hours", "Menu hours.csv")
    tally.add_calendar_rows("hours", 5, ["1", "2"])
    tally.add_calendar_rows("hours", 2, ["1", "2", "5", "6", "7", "4"])
    tally.begin("zones", "timezones.csv")
    tally.add_calendar_rows("zones", 1, ["2"], ["1", "2", "9"])
    tally.begin("polls", "polls.csv")
    tally.add_polls(["1", "1", "03"])
    tally.add_polls(["2", "1"])

    assert tally.summary() == InputSummary(
        polls=KindSummary("polls.csv", 5, 3, 1, ["03"]),
        hours=KindSummary("Menu hours.csv", 7, 6, 4, ["5", "6", "7"]),
        zones=KindSummary("timezones.csv", 1, 1, 0, []),
        always_open=Assumed(not_given=1, all_refused=0),
        default_zone=Assumed(not_given=5, all_refused=1),
    )
    assert in_words(tally.summary()) == [
        "polls.csv: 5 polls of 3 stores",
        "  1 store is in no other file: '03'",
        "Menu hours.csv: 7 rows of hours of 6 stores",
        "  4 stores are in no other file: '5', '6', '7', ...",
        "timezones.csv: 1 zone of 1 store",
        "Open around the clock by default, as far as these files go: 1 store (1 without hours)",
        (
            "In America/Chicago by default, as far as these files go: 6 stores (5 without a time zone, "
            "1 with every row refused)"
        ),
    ]


def test_of_one_file_alone_no_store_is_missing_elsewhere() -> None:
    tally = InputTally()
    tally.begin("polls", "polls.csv")
    tally.add_polls(["1", "2"])
    assert in_words(tally.summary()) == [
        "polls.csv: 2 polls of 2 stores",
        "Open around the clock by default, as far as these files go: 2 stores (2 without hours)",
        "In America/Chicago by default, as far as these files go: 2 stores (2 without a time zone)",
    ]


def test_a_file_of_which_nothing_is_valid_has_no_rows() -> None:
    tally = InputTally()
    tally.begin("zones", "zones.csv")
    assert tally.summary().zones == KindSummary("zones.csv", 0, 0, 0, [])

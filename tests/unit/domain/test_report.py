"""The report as a table, and how it is written."""

import io
import json

import numpy as np
import pytest

from stream_app.domain.figures import Figures, Outages
from stream_app.domain.poll import observation
from stream_app.domain.refusals import Origin
from stream_app.domain.report import (
    WRITERS,
    CalendarOrigins,
    Table,
    default_columns,
    extended_columns,
    hours,
    range_columns,
)
from stream_app.domain.runs import Minutes
from stream_app.domain.store_state import NO_POLL

NOON = 1_674_648_000_000_000  # 2023-01-25T12:00:00Z in microseconds
TABLE: Table = {"store_id": ['a "b", c', "é"], "uptime_last_day": [12.5, 0.0], "last_poll_utc": ["2023", None]}


def written(kind: str, table: Table) -> str:
    file = io.StringIO(newline="")
    WRITERS[kind](file, table)
    return file.getvalue()


def minutes(*of: int) -> Minutes:
    return np.array(of, np.int64)


def test_csv_quotes_only_what_it_must_and_leaves_unknown_cells_empty() -> None:
    assert written("csv", TABLE) == 'store_id,uptime_last_day,last_poll_utc\n"a ""b"", c",12.5,2023\né,0.0,\n'


def test_json_lines_has_an_object_a_store_and_line() -> None:
    assert written("jsonl", TABLE) == (
        '{"store_id":"a \\"b\\", c","uptime_last_day":12.5,"last_poll_utc":"2023"}\n'
        '{"store_id":"é","uptime_last_day":0.0,"last_poll_utc":null}\n'
    )
    assert [json.loads(line)["store_id"] for line in written("jsonl", TABLE).splitlines()] == TABLE["store_id"]


def test_report_of_no_stores_is_a_header_or_nothing() -> None:
    empty: Table = {"store_id": [], "uptime_last_day": []}

    assert written("csv", empty) == "store_id,uptime_last_day\n"
    assert written("jsonl", empty) == ""


@pytest.mark.parametrize("kind", WRITERS)
def test_column_that_lacks_a_row_is_an_error_and_not_a_shorter_report(kind: str) -> None:
    with pytest.raises(ValueError, match="shorter"):
        written(kind, {"store_id": ["a", "b"], "uptime_last_day": [1.0]})


@pytest.mark.parametrize(("of", "expected"), [(0, 0.0), (750, 12.5), (100, 1.67), (1, 0.02), (10_080, 168.0)])
def test_hours_are_rounded_to_two_places(of: int, expected: float) -> None:
    assert hours(of) == expected


def test_default_columns_are_minutes_of_the_hour_and_hours_of_day_and_week() -> None:
    figures = Figures(
        up=(minutes(10), minutes(600), minutes(6000)),
        down=(minutes(50), minutes(840), minutes(4080)),
        unknown=(minutes(0),) * 3,
    )

    assert default_columns(figures) == {
        "uptime_last_hour": [10],
        "uptime_last_day": [10.0],
        "uptime_last_week": [100.0],
        "downtime_last_hour": [50],
        "downtime_last_day": [14.0],
        "downtime_last_week": [68.0],
    }


def test_extended_columns_say_what_else_is_known_of_each_store() -> None:
    figures = Figures(
        up=(minutes(20, 0), minutes(90, 0), minutes(200, 0)),
        down=(minutes(10, 0), minutes(90, 0), minutes(100, 0)),
        unknown=(minutes(30, 0), minutes(60, 30), minutes(0, 90)),
    )
    last_polls = minutes(observation(NOON, is_active=False), NO_POLL)

    origins = CalendarOrigins([Origin.GIVEN, Origin.REFUSED], [Origin.GIVEN, Origin.ASSUMED], [0, 12])
    columns = extended_columns(
        figures,
        Outages(minutes(2, 0), minutes(9, 0)),
        last_polls,
        ["UTC", "Asia/Tokyo"],
        minutes(5, 0),
        "max_gap:90",
        origins,
    )

    assert list(columns.items())[6:] == [
        ("unknown_last_hour", [30, 0]),
        ("unknown_last_day", [1.0, 0.5]),
        ("unknown_last_week", [0.0, 1.5]),
        ("business_minutes_last_hour", [60, 0]),
        ("business_minutes_last_day", [240, 30]),
        ("business_minutes_last_week", [300, 90]),
        ("uptime_percent_last_hour", [66.67, None]),  # of the minutes that are known
        ("uptime_percent_last_day", [50.0, None]),
        ("uptime_percent_last_week", [66.67, None]),
        ("outages_last_week", [2, 0]),
        ("longest_outage_last_week", [9, 0]),
        ("last_poll_utc", ["2023-01-25T12:00:00.000000Z", None]),
        ("last_status", ["inactive", None]),
        ("zone", ["UTC", "Asia/Tokyo"]),
        ("polls_last_week", [5, 0]),
        ("estimated_from", ["max_gap:90", "max_gap:90"]),
        ("hours_from", ["given", "refused"]),
        ("zone_from", ["given", "assumed"]),
        ("calendar_rows_refused", [0, 12]),
    ]


def test_range_columns_are_in_minutes_and_in_hours() -> None:
    assert range_columns(minutes(90, 0), minutes(30, 1), minutes(0, 60)) == {
        "uptime_minutes": [90, 0],
        "downtime_minutes": [30, 1],
        "unknown_minutes": [0, 60],
        "uptime_hours": [1.5, 0.0],
        "downtime_hours": [0.5, 0.02],
        "unknown_hours": [0.0, 1.0],
    }

"""Rows of hours and zones, gathered into calendars."""

from pathlib import Path

import pytest

from producers.calendar_rows import CalendarRows, GatheredCalendars
from producers.input_kinds import HOURS, ZONES
from producers.input_table import InputTable
from producers.sample_bad_rows import BAD_HOURS, BAD_ZONES
from stream_app.domain.refusals import Refusals
from stream_app.domain.rejection import Reason
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours


class Gathering:
    """Calendars gathered from rows, each call a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._gathered = GatheredCalendars()

    def hours(self, *rows: str) -> list[CalendarRows]:
        return list(
            self._gathered.read_hours(self._table("day,store_id,start_time_local,end_time_local", rows, "hours"))
        )

    def zones(self, *rows: str) -> list[CalendarRows]:
        return list(self._gathered.read_zones(self._table("store_id,timezone_str", rows, "zones")))

    @property
    def refusals(self) -> dict[str, Refusals]:
        return dict(self._gathered.refusals())

    @property
    def calendars(self) -> dict[str, StoreCalendar]:
        return dict(self._gathered.calendars())

    def _table(self, header: str, rows: tuple[str, ...], name: str) -> InputTable:
        file = self._path / f"{name}.csv"
        file.write_text("\n".join((header, *rows)), "utf-8", "surrogateescape")
        return InputTable.check(file, HOURS if name == "hours" else ZONES)


@pytest.fixture
def gathering(tmp_path: Path) -> Gathering:
    return Gathering(tmp_path)


def test_hours_and_zone_of_a_store_become_one_calendar(gathering: Gathering) -> None:
    gathering.hours("0, 1,09:00:00,17:30:00", "0,1 ,18:00,23:59:59", "0,1,09:00:00,17:30:00")
    gathering.zones("1,Asia/Kolkata ")
    hours = (WeeklyHours(0, 540, 1050), WeeklyHours(0, 1080, 1440))
    assert gathering.calendars == {"1": StoreCalendar("Asia/Kolkata", hours)}


def test_a_store_with_hours_alone_or_a_zone_alone_has_a_calendar(gathering: Gathering) -> None:
    gathering.hours("6,1,22:00,02:00")
    gathering.zones("2,Asia/Beirut")
    assert gathering.calendars == {
        "1": StoreCalendar(hours=(WeeklyHours(6, 1320, 1560),), assumes_zone=True),
        "2": StoreCalendar("Asia/Beirut"),
    }


def test_of_several_zones_the_last_valid_one_counts(gathering: Gathering) -> None:
    (read,) = gathering.zones("1,Asia/Beirut", "1,America/Denver", "1,America/Gotham")
    assert gathering.calendars == {"1": StoreCalendar("America/Denver")}
    assert [(row.line, row.reason, row.raw) for row in read.rejected] == [(4, Reason.UNKNOWN_ZONE, b"1,America/Gotham")]


@pytest.mark.parametrize(("row", "reason"), BAD_HOURS)
def test_a_bad_row_of_hours_is_rejected_and_makes_no_store_known(
    gathering: Gathering, row: str, reason: Reason
) -> None:
    store_id, day, *rest = row.split(",")
    (read,) = gathering.hours(",".join((day, store_id, *rest)))
    assert [(row.file, row.line, row.reason) for row in read.rejected] == [("hours.csv", 2, reason)]
    assert gathering.calendars == {}


@pytest.mark.parametrize(("row", "reason"), BAD_ZONES)
def test_a_bad_row_of_zones_is_rejected_and_makes_no_store_known(
    gathering: Gathering, row: str, reason: Reason
) -> None:
    (read,) = gathering.zones(row)
    assert [(row.file, row.line, row.reason) for row in read.rejected] == [("zones.csv", 2, reason)]
    assert gathering.calendars == {}


def test_refused_rows_are_counted_for_their_store_also_where_none_is_valid(gathering: Gathering) -> None:
    gathering.hours("0,1,09:00,17:00", "1, 1 ,nine,17:00", "0,2,nine,17:00", "1,2,nine,17:00", "0,,09:00,17:00")
    gathering.zones("1,Mars/Olympus", "3,UTC")

    assert gathering.refusals == {"1": Refusals(hours=1, zones=1), "2": Refusals(hours=2)}
    assert "2" not in gathering.calendars

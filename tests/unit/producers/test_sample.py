"""The sample against the figures of the real files."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from producers.calendar_rows import GatheredCalendars
from producers.input_files import InputFiles, find_input_files
from producers.poll_rows import read_polls
from producers.replay import InputTables
from producers.sample import END, write_sample
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.rejection import Reason
from stream_app.errors import UsageError

FILES = ("store_status.csv", "menu_hours.csv", "timezones.csv")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    write_sample(directory, stores=1000)
    return directory


def rows(directory: Path, name: str) -> list[list[str]]:
    with (directory / name).open(newline="") as file:
        return list(csv.reader(file))[1:]


def rejections(directory: Path) -> Counter[Reason]:
    tables = InputTables.check(find_input_files(directory, InputFiles()))
    assert tables.polls
    assert tables.hours
    assert tables.zones
    gathered = GatheredCalendars()
    chunks = (read_polls(tables.polls), gathered.read_hours(tables.hours), gathered.read_zones(tables.zones))
    return Counter(row.reason for read in chunks for chunk in read for row in chunk.rejected)


def contents(directory: Path) -> list[bytes]:
    return [(directory / name).read_bytes() for name in FILES]


def test_equal_arguments_give_equal_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_sample(tmp_path / name, stores=50, days=3, seed=seed, bad_rows=9)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert all(one != other for one, other in zip(contents(tmp_path / "a"), contents(tmp_path / "c"), strict=True))


def test_no_row_of_a_sample_is_rejected(sample: Path) -> None:
    assert rejections(sample) == Counter()


def test_every_kind_of_bad_row_is_rejected(tmp_path: Path) -> None:
    write_sample(tmp_path, stores=20, days=1, bad_rows=36)
    found = rejections(tmp_path)
    assert found.total() == 36
    assert set(found) == set(Reason) - {
        Reason.FUTURE_POLL,
        Reason.FAR_AHEAD_OF_THE_REST,
        Reason.MALFORMED_RECORD,
        Reason.KEY_MISMATCH,
        Reason.WRONG_PARTITION,
        Reason.MIXED_CALENDAR,  # from here on, what only a message can say
        Reason.NO_VERSIONS,
        Reason.REPEATED_VERSION,
        Reason.BAD_DATE,
        Reason.REPEATED_DATE,
        Reason.BAD_MAINTENANCE,
        Reason.CALENDAR_TOO_LARGE,
    }


def test_the_size_is_the_rows_of_each_file(tmp_path: Path) -> None:
    size = write_sample(tmp_path, stores=30, days=2)
    assert list(size) == [len(rows(tmp_path, name)) for name in FILES]


def test_polls_have_the_gaps_and_statuses_of_real_ones(sample: Path) -> None:
    tables = InputTables.check(find_input_files(sample, InputFiles()))
    assert tables.polls
    by_store = defaultdict(list)
    for read in read_polls(tables.polls):
        for store_id, observation in zip(read.store_ids, read.observations.tolist(), strict=True):
            by_store[store_id].append(observation)
    gaps = np.concatenate([np.diff(np.sort(np.array(polls) >> 1)) for polls in by_store.values()])
    gaps = gaps[gaps > 0] / MICROS_PER_MINUTE
    inactive = np.mean([poll & 1 for polls in by_store.values() for poll in polls])
    counts = [len(polls) for polls in by_store.values()]
    assert 55 < np.median(gaps) < 70
    assert 170 < np.percentile(gaps, 95) < 210
    assert gaps.max() < 2 * 24 * 60 + 60 * 12
    assert 0.06 < inactive < 0.10
    assert 50 < np.percentile(counts, 1) < np.percentile(counts, 99) < 195


def test_polls_lie_within_the_days_before_the_end(tmp_path: Path) -> None:
    end = datetime(2025, 11, 3, 6, 30, tzinfo=UTC)
    write_sample(tmp_path, stores=40, days=2, end=end)
    times = [
        datetime.fromisoformat(row[2].removesuffix(" UTC") + "+00:00") for row in rows(tmp_path, "store_status.csv")
    ]
    assert end - timedelta(days=2) <= min(times) < max(times) < end


def test_the_default_sample_holds_a_change_of_the_clocks() -> None:
    assert END - timedelta(days=8) < datetime(2024, 3, 10, 8, tzinfo=UTC) < END


def test_polls_have_the_quirks_of_real_ones(sample: Path) -> None:
    polls = rows(sample, "store_status.csv")
    times = [row[2].removesuffix(" UTC") for row in polls]
    assert {len(time.partition(".")[2]) for time in times} == set(range(7))
    assert times != sorted(times)
    assert 0 < len(polls) - len(set(map(tuple, polls))) < len(polls) / 100
    assert any(row[0].endswith(" ") for row in polls)


def test_hours_have_the_quirks_of_real_ones(sample: Path) -> None:
    hours = rows(sample, "menu_hours.csv")
    by_day = Counter((store_id, day) for store_id, day, _, _ in hours)
    weekdays = Counter(store_id for store_id, _ in by_day)
    assert {"23:59:59", "23:59:00", "00:01:00"} <= {row[3] for row in hours}
    assert any(start > end for _, _, start, end in hours)
    assert 0.12 < sum(count > 1 for count in by_day.values()) / len(by_day) < 0.18
    assert 0.12 < sum(days < 7 for days in weekdays.values()) / len(weekdays) < 0.25


def test_stores_lack_what_real_ones_lack(sample: Path) -> None:
    polls, hours, zones = ({row[0].strip() for row in rows(sample, name)} for name in FILES)
    assert 0.1 < len(polls - hours) / len(polls) < 0.25
    assert polls - zones
    assert zones - polls - hours
    assert hours - polls - zones


def test_zones_hold_halves_and_quarters_of_an_hour(sample: Path) -> None:
    wanted = {"Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Phoenix", "Pacific/Honolulu"}
    assert wanted <= {row[1] for row in rows(sample, "timezones.csv")}


def test_ids_are_unique_across_blocks(tmp_path: Path) -> None:
    write_sample(tmp_path, stores=2000, days=100)
    ids = [row[0] for row in rows(tmp_path, "timezones.csv")]
    assert len(ids) == len(set(ids)) > 1900


def test_an_earlier_sample_is_replaced(tmp_path: Path) -> None:
    write_sample(tmp_path, stores=20, days=1, seed=1)
    before = contents(tmp_path)
    write_sample(tmp_path, stores=20, days=1, seed=2)
    assert contents(tmp_path) != before


@pytest.mark.parametrize("name", ["store_status.csv", "business_hours.csv", "timezone.csv.gz"])
def test_files_that_are_no_sample_stay(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError, match=f"holds {name}"):
        write_sample(tmp_path, stores=20, days=1)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_a_second_hours_file_beside_a_sample_is_refused(tmp_path: Path) -> None:
    write_sample(tmp_path, stores=20, days=1)
    (tmp_path / "store_hours.csv").touch()
    with pytest.raises(UsageError, match=r"store_hours.csv beside a sample"):
        write_sample(tmp_path, stores=20, days=1)


def test_an_end_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        write_sample(tmp_path, end=datetime(2024, 3, 14))  # noqa: DTZ001 - that is the case

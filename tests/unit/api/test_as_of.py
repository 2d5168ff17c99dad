"""How callers spell as_of, and how far back it may lie."""

import pytest

from api.as_of import (
    AsOfNotRetainedError,
    BadAsOfError,
    check_retained,
    format_minute,
    parse_as_of,
    stream_time,
)
from stream_app.codec.table import PartitionMeta
from stream_app.domain.instant import format_instant

DAY_MICROS = 86_400_000_000
JANUARY_25 = 1_674_604_800_000_000


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-01-25", "2023-01-25T00:00:00.000000Z"),
        ("2023-01-25T12:30", "2023-01-25T12:30:00.000000Z"),
        (" 2023-01-25 12:30:15.25Z ", "2023-01-25T12:30:15.250000Z"),
        ("2023-01-25 12:30:00 UTC", "2023-01-25T12:30:00.000000Z"),
        ("2023-01-25 12:30:00.5+00", "2023-01-25T12:30:00.500000Z"),
        ("20230125T123000Z", "2023-01-25T12:30:00.000000Z"),
        ("2023-W04-3", "2023-01-25T00:00:00.000000Z"),
        ("2023-01-25T12:30:00+05:45", "2023-01-25T06:45:00.000000Z"),
        ("1970-01-08T00:00:00Z", "1970-01-08T00:00:00.000000Z"),
        ("9999-12-29T00:00:00Z", "9999-12-29T00:00:00.000000Z"),
    ],
)
def test_iso_8601_is_read_and_is_utc_without_an_offset(text: str, instant: str) -> None:
    assert format_instant(parse_as_of(text)) == instant


@pytest.mark.parametrize(
    "text",
    ["", "now", "25.01.2023", "1674604800", "1970-01-07T23:59:59Z", "9999-12-29T00:00:01Z", "0001-01-01T00:00+14"],
)
def test_what_cannot_be_computed_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(BadAsOfError) as refused:
        parse_as_of(text)

    assert repr(text) in str(refused.value)


def test_stream_time_is_the_greatest_over_the_partitions_that_have_one() -> None:
    assert stream_time([PartitionMeta({}), PartitionMeta({}, 5), PartitionMeta({}, 3)]) == 5
    assert stream_time([PartitionMeta({})]) is None


def test_latest_retained_range_decides_how_early_as_of_may_be() -> None:
    minute = JANUARY_25 // 60_000_000
    metas = [PartitionMeta({}, retained_from=minute - 1440), PartitionMeta({}, retained_from=minute), PartitionMeta({})]

    check_retained(JANUARY_25 + 7 * DAY_MICROS, metas)
    with pytest.raises(AsOfNotRetainedError, match="kept from 2023-01-25T00:00:00Z") as refused:
        check_retained(JANUARY_25 + 7 * DAY_MICROS - 1, metas)

    assert format_minute(refused.value.earliest_minute) == "2023-02-01T00:00:00Z"


def test_without_any_poll_every_time_is_in_range() -> None:
    check_retained(0, [PartitionMeta({}), PartitionMeta({})])

    assert stream_time([]) is None

"""What a caller asks to read."""

import pytest

from api.answer_choice import Coding, Wanted, coding_for, wanted


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", None),
        ("", None),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("text/*", None),
        ("text/csv", Wanted.CSV),
        ("TEXT/CSV; charset=utf-8", Wanted.CSV),
        ("application/json, text/plain, */*", Wanted.JSON),
        ("application/json;q=0.2, text/csv;q=0.9", Wanted.CSV),
        ("application/json, text/csv", Wanted.JSON),
        ("text/csv;q=0", None),
        ("text/csv;q=many, application/x-ndjson;q=.1", Wanted.JSON_LINES),
    ],
)
def test_accept_names_a_kind_by_weight_and_order(accept: str, expected: Wanted | None) -> None:
    assert wanted(None, accept) is expected


def test_query_wins_over_the_header() -> None:
    assert wanted(Wanted.CSV, "application/json") is Wanted.CSV


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Coding.IDENTITY),
        ("gzip", Coding.GZIP),
        ("x-gzip", Coding.GZIP),
        ("br, GZIP;q=0.5", Coding.GZIP),
        ("gzip;q=0", Coding.IDENTITY),
        ("gzip, deflate, br, zstd", Coding.ZSTD),
        ("zstd;q=0.2, gzip;q=0.9", Coding.GZIP),
        ("zstd;q=0, gzip", Coding.GZIP),
        ("gzip;q=0.3, identity;q=0.8", Coding.IDENTITY),
        ("gzip;q=0.3, identity;q=0.3", Coding.GZIP),
        ("*", Coding.IDENTITY),
        ("identity", Coding.IDENTITY),
        ("identity;q=0, *", Coding.ZSTD),
        ("identity;q=0, *;q=0.5, zstd;q=0", Coding.GZIP),
        ("identity;q=0, gzip;q=0.1", Coding.GZIP),
        ("*;q=0", Coding.IDENTITY),
        ("*;q=0, gzip", Coding.GZIP),
        ("identity;q=0", Coding.IDENTITY),
    ],
)
def test_packing_is_chosen_by_name_and_weight(header: str, expected: Coding) -> None:
    assert coding_for(header) is expected

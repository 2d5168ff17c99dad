"""What a caller asks to read."""

import pytest

from api.answer_choice import Wanted, takes_gzip, wanted


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
    [("", False), ("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0", False), ("*", False), ("identity", False)],
)
def test_gzip_is_taken_where_it_is_named(header: str, expected: bool) -> None:  # noqa: FBT001 - pytest gives it
    assert takes_gzip(header) is expected

"""What callers may give beside a body, the same on every route that takes it: limits, words and examples."""

from typing import Annotated

from fastapi import Header, Path, Query

from stream_app.domain.policy import POLICIES
from stream_app.domain.store_id import MAX_BYTES

_LONGEST = 64  # characters of a time, a policy or a zone; the longest that mean something have half of that

AsOfText = Annotated[
    str | None,
    Query(
        max_length=_LONGEST,
        description="T: ISO 8601, UTC where it has no offset; `stream`: the newest poll taken in; `wall`: now.",
        examples=["2023-01-25T18:13:00Z"],
    ),
]
PolicyText = Annotated[
    str | None,
    Query(
        max_length=_LONGEST,
        description=f"How minutes without a poll are judged: {', '.join(POLICIES)}, or max_gap:MINUTES.",
        examples=["default"],
    ),
]
RangeBegin = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=_LONGEST,
        description="With `to`: one window instead, of two UTC times or two of each store's own dates.",
        examples=["2023-01-24"],
    ),
]
RangeEnd = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=_LONGEST,
        description="The window's end, exclusive; it is T too where no as_of is given.",
        examples=["2023-01-25"],
    ),
]
ZoneText = Annotated[
    str | None,
    Query(max_length=_LONGEST, description="Only stores in this zone.", examples=["America/Chicago"]),
]
Cursor = Annotated[
    str | None,
    Query(
        max_length=200,
        description="What the page before gave for the next one.",
        examples=["pX0aBc9Q.100.3735928559"],
    ),
]
StoreInPath = Annotated[
    str,
    Path(
        description=f"The id as it stands in the data, percent-encoded: 1 to {MAX_BYTES} bytes.",
        examples=["8419537941919820732"],
    ),
]
StoreInQuery = Annotated[
    str,
    Query(
        alias="id",
        description=f"An id of any form: 1 to {MAX_BYTES} bytes.",
        examples=["8419537941919820732"],
    ),
]
ReportInPath = Annotated[
    str, Path(description="The id that the trigger gave.", examples=["0f8fad5bd9cb469fa16570867728950e"])
]
ReportInQuery = Annotated[
    str,
    Query(
        alias="report_id",
        description="The id that the trigger gave.",
        examples=["0f8fad5bd9cb469fa16570867728950e"],
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="The same key with the same body gives the report that was begun the first time.",
        examples=["monday-morning"],
    ),
]

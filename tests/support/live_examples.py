"""Every live query with a real answer, for docs/live-queries.md: the store routes over a few made-up stores."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.live_api import LiveApi, live_api
from tests.support.tables import Tables

PARTITIONS = 4
STORES_SHOWN = 1
ZONES = [("bakery", "Europe/Berlin"), ("noodles", "Asia/Kolkata"), ("drive-in", "America/Chicago")]
HOURS = [("bakery", str(day), "06:30", "18:00") for day in range(6)] + [("noodles", "4", "22:00", "02:00")]
POLLS = [
    ("bakery", "active", "2023-01-24 08:00:00 UTC"),
    ("bakery", "inactive", "2023-01-25 09:12:40 UTC"),
    ("bakery", "active", "2023-01-25 10:05:00 UTC"),
    ("noodles", "active", "2023-01-20 17:00:00 UTC"),
    ("drive-in", "active", "2023-01-18 12:00:00 UTC"),
    ("drive-in", "inactive", "2023-01-25 11:40:00 UTC"),
]
# What is another one each time: a snapshot's name, and the cursor that holds it.
_NAMES = {"snapshot": "pX0aBc9Q", "next_cursor": "pX0aBc9Q.1.3735928559"}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, and what it is for."""

    why: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    body: object = None


QUERIES = (
    Query("One store now: status and since when, next opening and closing, last poll, the figures", "/stores/bakery"),
    Query(
        "Its runs of up, down, unknown and closed; by default of the day before T",
        "/stores/bakery/timeline",
        {"from": "2023-01-25T05:00Z", "to": "2023-01-25T11:00Z", "resolution": "1"},
    ),
    Query(
        "Its outages; of dates: from midnight to midnight on the store's own clock",
        "/stores/bakery/outages",
        {"from": "2023-01-25", "to": "2023-01-26", "as_of": "2023-01-26T00:00Z"},
    ),
    Query("Its kept polls, the newest first", "/stores/bakery/polls", {"limit": "2"}),
    Query("Its calendar", "/stores/noodles/hours"),
    Query("An id that can't stand in a path goes through `?id=`, on each of these", "/store/hours", {"id": "noodles"}),
    Query("Up to 1,000 stores at one T", "/stores/query", {}, {"ids": ["drive-in", "nobody"]}),
    Query(
        "The fleet a page at a time: filtered by `q`, `status`, `zone`, the worst first",
        "/stores",
        {"sort": "downtime_last_day", "limit": str(STORES_SHOWN)},
    ),
    Query("The fleet summed up", "/summary", {"policy": "max_gap:120"}),
)


def live_queries() -> str:
    """Each query under its purpose, with its answer; long lists are cut."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(Path(folder) / "tables", PARTITIONS)
        tables.write(POLLS, HOURS, ZONES)
        with live_api(Path(folder), tables, PARTITIONS) as api:
            return "\n\n".join(part for query in QUERIES for part in _shown(api, query))


def _shown(api: LiveApi, query: Query) -> Iterator[str]:
    method = "GET" if query.body is None else "POST"
    answer = api.answer(method, query.path, query.body, **query.params)
    assert answer.status_code == 200, answer.text
    asked = f"{method} {query.path}{'?' + urlencode(query.params, safe=':/') if query.params else ''}"
    body = "" if query.body is None else f"\n{json.dumps(query.body)}"
    yield f"{query.why}:"
    yield _indented(f"{asked}{body}")
    yield _indented(json.dumps(_cut({**answer.json(), **_named(answer.json())}), indent=2).replace('"…"', "…"))


def _named(answer: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in _NAMES.items() if answer.get(name)}


def _cut(value: Any) -> Any:
    """The first two of a list stand for all of them."""
    if isinstance(value, dict):
        return {name: _cut(each) for name, each in value.items()}
    if isinstance(value, list):
        return [*map(_cut, value[:2]), *(["…"] if len(value) > 2 else [])]
    return value


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())

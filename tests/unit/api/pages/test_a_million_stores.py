"""The list over a million stores: a page reads the stores that it shows, and works on columns beside that."""

import html
import re
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest

from api import fleet_snapshots
from api.fleet_job import FleetRequest
from api.fleet_snapshot import FleetSnapshot, HoursOfWeek
from api.job_process import Tell
from api.mapped import Mapped
from api.store_ids import StoreIds
from stream_app.domain.windows import WEEK_MINUTES
from tests.support.live_api import LiveApi, live_api
from tests.support.tables import Tables

STORES = 1_000_000
PAGE = 50
PARTITIONS = 2
DOWN_MINUTES = 10_007  # a store has its row's remainder by this as minutes down
MIB = 2**20
WORK_MIB = 64  # some columns of a million numbers; a million objects of Python would take hundreds
AS_OF = 1_674_648_000_000_000  # 2023-01-25T12:00:00Z, in microseconds
HOURS_A_WEEK = 168

NEXT = re.compile(r'rel="next" href="([^"]*)"')
ROW = re.compile(r'data-store="([^"]*)"')


def store_id(row: int) -> str:
    """Ids in the order of their rows."""
    return f"store-{row:07}"


def million_stores(request: FleetRequest, folder: Path, _: Tell) -> Mapped[FleetSnapshot]:
    """What the process that makes snapshots hands over, without a million stores in tables."""
    down = (np.arange(STORES) % DOWN_MINUTES).astype(np.uint16)
    sides = [np.repeat(minutes[:, np.newaxis], 3, axis=1) for minutes in (WEEK_MINUTES - down, down)]
    every_hour = np.ones(HOURS_A_WEEK, np.int64)
    snapshot = FleetSnapshot(
        as_of=AS_OF,
        named=request.named,
        ids=StoreIds.of([store_id(row).encode() for row in range(STORES)]),
        status=np.zeros(STORES, np.uint8),
        zone=np.zeros(STORES, np.uint16),
        zones=["UTC"],
        last_poll=np.full(STORES, AS_OF * 2, np.int64),
        up=sides[0].astype(np.uint16),
        down=sides[1],
        hours_of_week=HoursOfWeek(every_hour, every_hour),
    )
    return Mapped.write(snapshot, folder / "snapshot")


def first_rows() -> list[int]:
    return [*range(2 * PAGE)]


def last_rows() -> list[int]:
    return [*range(STORES - PAGE, STORES)]


def worst_rows() -> list[int]:
    """Those with the most minutes down, of equals the lesser id first."""
    return sorted(range(STORES), key=lambda row: -(row % DOWN_MINUTES))[: 2 * PAGE]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    """The pages over that snapshot; the tables hold the stores that these tests come to."""
    tables = Tables(tmp_path_factory.mktemp("tables"), PARTITIONS)
    met = {*first_rows(), *last_rows(), *worst_rows()}
    tables.write([(store_id(row), "active", "2023-01-25 12:00:00 UTC") for row in sorted(met)])
    with pytest.MonkeyPatch.context() as patch, live_api(tmp_path_factory.mktemp("api"), tables, PARTITIONS) as made:
        patch.setattr(fleet_snapshots, "make_snapshot", million_stores)
        assert made.get("/summary")["stores"] == STORES
        yield made


def listed(answer: httpx.Response) -> list[str]:
    """The ids of a page's rows."""
    return [html.unescape(found) for found in ROW.findall(answer.text)]


def next_page(answer: httpx.Response) -> dict[str, str] | None:
    """What the link to the next page asks for, None on the last one."""
    found = NEXT.search(answer.text)
    query = parse_qs(urlsplit(html.unescape(found[1])).query) if found else {}
    return {name: values[0] for name, values in query.items()} or None


def peak_mib(work: Callable[[], object]) -> float:
    """The most memory that Python and numpy took at once while this ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sort", "rows"), [("id", first_rows), ("downtime_last_week", worst_rows)], ids=["by id", "the worst first"]
)
def test_pages_follow_each_other_without_a_gap(api: LiveApi, sort: str, rows: Callable[[], list[int]]) -> None:
    first = api.answer("GET", "/ui", sort=sort)

    second = api.answer("GET", "/ui", **(next_page(first) or {}))

    assert "1 to 50 of 1,000,000 stores" in first.text
    assert "51 to 100 of 1,000,000 stores" in second.text
    assert [*listed(first), *listed(second)] == [store_id(row) for row in rows()]


def test_the_last_page_is_reached_by_a_cursor_alone(api: LiveApi) -> None:
    snapshot, _, asked = (next_page(api.answer("GET", "/ui")) or {})["cursor"].split(".")

    last = api.answer("GET", "/ui", cursor=f"{snapshot}.{STORES - PAGE}.{asked}")

    assert "999,951 to 1,000,000 of 1,000,000 stores" in last.text
    assert listed(last) == [store_id(row) for row in last_rows()]
    assert next_page(last) is None


@pytest.mark.parametrize(
    "params", [{}, {"sort": "downtime_last_week"}, {"q": "store-00000"}, {"order": "reverse"}], ids=str
)
def test_the_work_for_a_page_takes_columns_not_stores(api: LiveApi, params: dict[str, str]) -> None:
    api.answer("GET", "/ui", **params)  # what is imported and read once

    took = peak_mib(lambda: api.answer("GET", "/ui", **params))

    assert took <= WORK_MIB

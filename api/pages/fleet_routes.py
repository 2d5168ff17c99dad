"""The fleet's page, and the parts of it that are fetched anew."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BeforeValidator

from api.dependencies import Services, ServicesOf, instant_asked
from api.fleet_schemas import FleetSummary, StorePage
from api.pages.fleet_views import (
    PAGE_SIZE,
    SORTS,
    FleetNow,
    chosen_in_form,
    fleet_now,
    fleet_url,
    heat_map,
    listing,
    worst_stores,
)
from api.pages.page_route import PageRoute, banner
from api.pages.store_rows import STATUS_WORDS, store_row
from api.pages.templates import rendered
from api.pages.wording import micros_of
from api.problems import ProblemError
from api.store_page import Cursor, Filter, Sort, fingerprint, parse_cursor
from api.store_schemas import StatusName
from stream_app.domain.policy import NamedPolicy, parse_policy
from stream_app.domain.store_id import MAX_BYTES

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_EMPTY_IS_NONE = BeforeValidator(lambda given: given or None)  # what a form sends for a field that is left alone


def _chosen(
    q: Annotated[str, Query(max_length=MAX_BYTES)] = "",
    status: Annotated[StatusName | None, _EMPTY_IS_NONE, Query()] = None,
    zone: Annotated[str, Query(max_length=64)] = "",
    sort: Annotated[Sort | None, _EMPTY_IS_NONE, Query()] = None,
    order: Annotated[str | None, Query()] = None,
) -> Filter:
    return Filter(q.strip() or None, status, zone or None, sort or Sort.ID, order == "reverse")


ChosenStores = Annotated[Filter, Depends(_chosen)]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page, where it begins in its list, and whether its snapshot was gone and a newer one took its place."""

    page: StorePage
    start: int
    is_renewed: bool


@router.get("/")
async def begin() -> RedirectResponse:
    """The fleet is what people look for."""
    return RedirectResponse("/ui")


@router.get("/ui")
async def fleet_page(services: ServicesOf, chosen: ChosenStores, cursor: str | None = None) -> HTMLResponse:
    """The fleet now, its week by the hour, the worst stores, and the list."""
    named = parse_policy(services.default_policy)
    as_of = instant_asked(services, None)
    (summary, now), found = await asyncio.gather(
        _now(services, named, as_of), _page(services, chosen, named, as_of, cursor)
    )
    page = found.page
    weeks = await services.live.weeks([store.store_id for store in page.stores], named, micros_of(page.as_of))
    rows = [store_row(weeks[store.store_id]) for store in page.stores if store.store_id in weeks]
    previous = str(Cursor(page.snapshot, max(found.start - PAGE_SIZE, 0), fingerprint(chosen, named.name)))
    return HTMLResponse(
        await rendered(
            "fleet.html",
            now=now,
            policy=named,
            heat=heat_map(summary.uptime_by_hour_of_week),
            worst=worst_stores(summary.worst),
            zones=summary.zones,
            sorts={sort.value: words for sort, words in SORTS.items()},
            statuses={status.value: word for status, word in STATUS_WORDS.items()},
            chosen=chosen_in_form(chosen),
            listing=listing(page, rows, chosen, found.start, previous),
            is_renewed=found.is_renewed,
            all_url=fleet_url(Filter()),
        )
    )


@router.get("/ui/now")
async def now_fragment(services: ServicesOf) -> HTMLResponse:
    """Banner and counts."""
    _, now = await _now(services, parse_policy(services.default_policy), instant_asked(services, None))
    return HTMLResponse(await rendered("fragments/now.html", now=now))


@router.get("/ui/week")
async def week_fragment(services: ServicesOf) -> HTMLResponse:
    """The week by its hours, and the worst stores."""
    summary = await services.fleet.summary(parse_policy(services.default_policy), instant_asked(services, None))
    heat, worst = heat_map(summary.uptime_by_hour_of_week), worst_stores(summary.worst)
    return HTMLResponse(await rendered("fragments/week.html", heat=heat, worst=worst))


@router.get("/ui/rows")
async def rows_fragment(
    services: ServicesOf, ids: Annotated[list[str], Query(min_length=1, max_length=PAGE_SIZE)]
) -> HTMLResponse:
    """The rows of these stores as they are now."""
    named = parse_policy(services.default_policy)
    weeks = await services.live.weeks(ids, named, instant_asked(services, None))
    rows = [store_row(weeks[store_id]) for store_id in ids if store_id in weeks]
    return HTMLResponse(await rendered("fragments/rows.html", rows=rows))


async def _now(services: Services, named: NamedPolicy, as_of: int | None) -> tuple[FleetSummary, FleetNow]:
    summary, fresh = await asyncio.gather(services.fleet.summary(named, as_of), banner(services))
    return summary, fleet_now(summary, fresh)


async def _page(services: Services, chosen: Filter, named: NamedPolicy, as_of: int | None, cursor: str | None) -> _Page:
    """The page of a cursor; where its snapshot is gone, the same place in a new one."""
    if cursor is None:
        return _Page(await services.fleet.page(chosen, named, as_of, None, PAGE_SIZE), 0, is_renewed=False)
    start = parse_cursor(cursor).start
    try:
        return _Page(await services.fleet.page(chosen, named, as_of, cursor, PAGE_SIZE), start, is_renewed=False)
    except ProblemError as problem:
        if problem.code != "snapshot_gone":
            raise
    newest = await services.fleet.page(chosen, named, as_of, None, 1)
    again = Cursor(newest.snapshot, min(start, max(newest.total - 1, 0)), fingerprint(chosen, named.name))
    return _Page(await services.fleet.page(chosen, named, as_of, str(again), PAGE_SIZE), again.start, is_renewed=True)

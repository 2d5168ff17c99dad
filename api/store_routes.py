"""The routes of live answers about stores: each reads like the sentence that describes it.

An id stands in the path, or in `?id=` of the same path under /store: dots, slashes at the end and empty parts don't
survive every client and proxy in a path.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query

from api.dependencies import AsOf, ServicesOf
from api.documented_problems import BAD_TIMES, UNREADABLE, WITH_A_BODY, problems
from api.fleet_schemas import FleetSummary, StorePage
from api.parameters import Cursor, PolicyText, RangeBegin, RangeEnd, StoreInPath, StoreInQuery, ZoneText
from api.report_request import CustomRange, checked_policy, checked_range
from api.store_history import MAX_POLLS
from api.store_page import MAX_PAGE, Filter, Sort
from api.store_schemas import (
    LiveStore,
    QueriedStores,
    StatusName,
    StoreHours,
    StoreOutages,
    StorePolls,
    StoreQuery,
    StoreTimeline,
)
from stream_app.domain.policy import NamedPolicy, parse_policy
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.domain.store_id import MAX_BYTES

_OF_ONE = problems(*BAD_TIMES, *UNREADABLE, "unknown_store", "no_polls")
_OF_RANGE = problems(
    *BAD_TIMES, *UNREADABLE, "unknown_store", "no_polls", "bad_range", "range_too_long", "policy_without_minutes"
)
_OF_POLLS = problems(*BAD_TIMES, *UNREADABLE, "unknown_store", "no_polls", "bad_range", "range_too_long")
_OF_PAGE = problems(*BAD_TIMES, *UNREADABLE, "no_polls", "bad_cursor", "snapshot_failed", "snapshot_gone")
_OF_SUMMARY = problems(*BAD_TIMES, *UNREADABLE, "no_polls", "snapshot_failed")
_OF_QUERY = problems(*BAD_TIMES, *UNREADABLE, *WITH_A_BODY, "no_polls")

router = APIRouter(tags=["stores"])

_Answer = TypeVar("_Answer")


async def _policy(services: ServicesOf, policy: PolicyText = None) -> NamedPolicy:
    return parse_policy(checked_policy(policy or services.default_policy))


PolicyOf = Annotated[NamedPolicy, Depends(_policy)]


@dataclass(frozen=True, slots=True)
class _RangeAsked:
    """A range, and T: None where neither was given, or where the range's own end is T."""

    as_of: int | None
    range: CustomRange | None


async def _range_asked(
    as_of: AsOf,
    as_of_text: Annotated[str | None, Query(alias="as_of", include_in_schema=False)] = None,
    first: RangeBegin = None,
    end: RangeEnd = None,
) -> _RangeAsked:
    given = checked_range(first, end)
    return _RangeAsked(None if as_of_text is None and given is not None else as_of, given)


RangeAsked = Annotated[_RangeAsked, Depends(_range_asked)]


async def _chosen_stores(
    q: Annotated[
        str | None, Query(max_length=MAX_BYTES, description="A part of the id, as it is.", examples=["8419"])
    ] = None,
    status: Annotated[StatusName | None, Query(description="Only stores that are so now.")] = None,
    zone: ZoneText = None,
    sort: Annotated[
        Sort,
        Query(description="The id's bytes; or the worst first: least share up, most minutes down, silent longest."),
    ] = Sort.ID,
    reverse: Annotated[bool, Query(description="The other way round.")] = False,  # noqa: FBT002 - a query parameter has a default
) -> Filter:
    return Filter(q, status, zone, sort, reverse)


ChosenStores = Annotated[Filter, Depends(_chosen_stores)]
Resolution = Annotated[
    int, Query(ge=1, le=MINUTES_PER_DAY, description="Minutes of a slot, which shows the worst that was in it.")
]
Limit = Annotated[int, Query(ge=1, le=MAX_POLLS, description="Polls a page.")]


async def _kept_on(answer: Coroutine[Any, Any, _Answer]) -> _Answer:
    """The answer, which is worked on also where its caller is refused after API_TIMEOUT: the next one finds it made.

    Otherwise the snapshot of a fleet that takes longer would be begun again and again, and never be there.
    """
    return await asyncio.shield(answer)


@router.get("/stores", responses=_OF_PAGE)
async def list_stores(
    services: ServicesOf,
    policy: PolicyOf,
    as_of: AsOf,
    chosen: ChosenStores,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Stores a page.")] = 100,
) -> StorePage:
    """The fleet a page at a time, filtered and sorted; a cursor goes on in the snapshot that it began with."""
    return await _kept_on(services.fleet.page(chosen, policy, as_of, cursor, limit))


@router.get("/summary", responses=_OF_SUMMARY)
async def summary(services: ServicesOf, policy: PolicyOf, as_of: AsOf) -> FleetSummary:
    """How many stores are up, down, unknown and closed, the week by its hours, the worst ten, and the lag."""
    return await _kept_on(services.fleet.summary(policy, as_of))


@router.post("/stores/query", responses=_OF_QUERY)
async def query_stores(services: ServicesOf, asked: StoreQuery, policy: PolicyOf, as_of: AsOf) -> QueriedStores:
    """Up to 1,000 stores at one T; unknown ids are named."""
    return await services.live.query(asked.ids, policy, as_of)


@router.get("/store/timeline", responses=_OF_RANGE)
async def timeline_by_id(
    services: ServicesOf, store_id: StoreInQuery, policy: PolicyOf, asked: RangeAsked, resolution: Resolution = 1
) -> StoreTimeline:
    """The same for an id that can't stand in a path."""
    return services.live.timeline(store_id, policy, asked.as_of, asked.range, resolution)


@router.get("/stores/{store_id:path}/timeline", responses=_OF_RANGE)
async def timeline(
    services: ServicesOf, store_id: StoreInPath, policy: PolicyOf, asked: RangeAsked, resolution: Resolution = 1
) -> StoreTimeline:
    """A store's runs of up, down, unknown and closed, without a gap; by default of the day before as_of."""
    return services.live.timeline(store_id, policy, asked.as_of, asked.range, resolution)


@router.get("/store/outages", responses=_OF_RANGE)
async def outages_by_id(
    services: ServicesOf, store_id: StoreInQuery, policy: PolicyOf, asked: RangeAsked
) -> StoreOutages:
    """The same for an id that can't stand in a path."""
    return services.live.outages(store_id, policy, asked.as_of, asked.range)


@router.get("/stores/{store_id:path}/outages", responses=_OF_RANGE)
async def outages(services: ServicesOf, store_id: StoreInPath, policy: PolicyOf, asked: RangeAsked) -> StoreOutages:
    """A store's outages, counted as the extended report counts them; by default of the week before as_of."""
    return services.live.outages(store_id, policy, asked.as_of, asked.range)


@router.get("/store/polls", responses=_OF_POLLS)
async def polls_by_id(
    services: ServicesOf, store_id: StoreInQuery, asked: RangeAsked, limit: Limit = 1000
) -> StorePolls:
    """The same for an id that can't stand in a path."""
    return services.live.polls(store_id, asked.as_of, asked.range, limit)


@router.get("/stores/{store_id:path}/polls", responses=_OF_POLLS)
async def polls(services: ServicesOf, store_id: StoreInPath, asked: RangeAsked, limit: Limit = 1000) -> StorePolls:
    """A store's kept polls, the newest first; by default of the week before as_of."""
    return services.live.polls(store_id, asked.as_of, asked.range, limit)


@router.get("/store/hours", responses=_OF_ONE)
async def hours_by_id(services: ServicesOf, store_id: StoreInQuery, as_of: AsOf) -> StoreHours:
    """The same for an id that can't stand in a path."""
    return services.live.hours(store_id, as_of)


@router.get("/stores/{store_id:path}/hours", responses=_OF_ONE)
async def hours(services: ServicesOf, store_id: StoreInPath, as_of: AsOf) -> StoreHours:
    """A store's zone, weekly hours with their versions, exceptions and planned maintenance."""
    return services.live.hours(store_id, as_of)


@router.get("/store", responses=_OF_ONE)
async def store_by_id(services: ServicesOf, store_id: StoreInQuery, policy: PolicyOf, as_of: AsOf) -> LiveStore:
    """The same for an id that can't stand in a path."""
    return await services.live.store(store_id, policy, as_of)


@router.get("/stores/{store_id:path}", responses=_OF_ONE)
async def store(services: ServicesOf, store_id: StoreInPath, policy: PolicyOf, as_of: AsOf) -> LiveStore:
    """One store: its status and since when, next opening and closing, last poll, and its minutes up and down."""
    return await services.live.store(store_id, policy, as_of)

"""A store's page."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.dependencies import Services, ServicesOf, instant_asked
from api.pages.page_route import PageRoute, banner
from api.pages.store_views import store_page
from api.pages.templates import rendered
from stream_app.domain.policy import parse_policy

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Zoom = Annotated[str | None, Query(max_length=16)]
Part = Annotated[Literal["live"] | None, Query()]


@router.get("/ui/stores/{store_id}")
async def store(services: ServicesOf, store_id: str, zoom: Zoom = None, part: Part = None) -> HTMLResponse:
    """One store: now, its figures and where they come from, its week to scale, its outages and hours."""
    return await _store(services, store_id, zoom, part)


@router.get("/ui/store")
async def store_by_id(
    services: ServicesOf, store_id: Annotated[str, Query(alias="id")], zoom: Zoom = None, part: Part = None
) -> HTMLResponse:
    """The same for an id that can't stand in a path."""
    return await _store(services, store_id, zoom, part)


async def _store(services: Services, store_id: str, zoom: str | None, part: str | None) -> HTMLResponse:
    named = parse_policy(services.default_policy)
    history = services.live.history(store_id, instant_asked(services, None))
    fresh = await banner(services)
    page = await asyncio.to_thread(store_page, history, named, zoom or None, fresh)
    return HTMLResponse(await rendered("fragments/store.html" if part else "store.html", store=page))

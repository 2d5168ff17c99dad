"""The page of dead letters."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.dependencies import ServicesOf
from api.pages.page_route import PageRoute
from api.pages.problem_views import problems
from api.pages.templates import rendered

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/ui/problems")
async def problems_page(services: ServicesOf) -> HTMLResponse:
    """What was refused: how often for which reason, the newest of it, and what to do."""
    return HTMLResponse(await rendered("problems.html", problems=problems(await services.dead_letters.read())))

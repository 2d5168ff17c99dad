"""All pages, and the files that they need."""

from fastapi import APIRouter, Request, Response

from api.pages import fleet_routes, problem_routes, report_routes, store_routes
from api.pages.assets import assets, version
from api.pages.page_route import PageRoute, wants_gzip
from api.problems import ProblemError

router = APIRouter(route_class=PageRoute, include_in_schema=False)
for part in (fleet_routes, store_routes, report_routes, problem_routes):
    router.include_router(part.router)

_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/ui/static/{of_version}/{name}")
async def static_file(request: Request, of_version: str, name: str) -> Response:
    """A file of the pages; under the version that it has now it never changes."""
    asset = assets().get(name)
    if asset is None:
        raise ProblemError(404, "not_found", f"there is no file {name[:64]!r}")
    headers = {"Cache-Control": _FOR_EVER if of_version == version() else "no-store"}
    if wants_gzip(request):
        return Response(asset.packed, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)

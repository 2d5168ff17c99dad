"""The routes: each reads like the sentence that describes it."""

from fastapi import APIRouter, Response

from api.dependencies import AsOf, ServicesOf
from api.schemas import Alive, LiveStore, Readiness

router = APIRouter()


@router.get("/stores/{store_id:path}")
async def store(services: ServicesOf, store_id: str, as_of: AsOf) -> LiveStore:
    """One store: up, down or closed, its last poll, and its minutes up and down."""
    return services.live.store(store_id, as_of)


@router.get("/health/live")
async def live() -> Alive:
    """The process answers."""
    return Alive()


@router.get("/health/ready", responses={503: {"model": Readiness}})
async def ready(services: ServicesOf, response: Response) -> Readiness:
    """200 once the replay is done and every partition has reached its end; 503 with the reasons until then."""
    readiness = await services.health.readiness()
    response.status_code = 200 if readiness.ready else 503
    return readiness

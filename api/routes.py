"""The routes: each reads like the sentence that describes it."""

from fastapi import APIRouter, Response

from api.dependencies import ServicesOf
from api.schemas import Alive, Readiness

router = APIRouter()


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

"""The routes: each reads like the sentence that describes it."""

from fastapi import APIRouter, Request, Response

from api.dependencies import ServicesOf
from api.documented_problems import problems
from api.schemas import Alive, Readiness

_PATIENCE_S = 1.0  # several times as long as a poll is on its way into a table

router = APIRouter(tags=["health"])

_REFUSED = problems()
_NOT_READY = _REFUSED | {503: {**_REFUSED[503], "model": Readiness, "description": "Not ready, and why; or a problem."}}


@router.get("/health/live", responses=problems())
async def live(request: Request) -> Alive:
    """The process answers."""
    return Alive(instance=request.app.state.instance)


@router.get("/health/ready", responses=_NOT_READY)
async def ready(services: ServicesOf, response: Response) -> Readiness:
    """200 once the replay is done and every partition reaches its end within a second; 503 with the reasons."""
    readiness = await services.health.readiness(_PATIENCE_S)
    response.status_code = 200 if readiness.ready else 503
    return readiness

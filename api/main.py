"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api import intake_routes, push_routes, push_socket, report_routes, routes, store_routes
from api.compatible_forms import form_a, forms_b_to_e
from api.declared import only_declared
from api.dependencies import report_store, running_services
from api.known_hosts import known_hosts
from api.openapi import completed
from api.origin_guard import OriginGuard
from api.pages import routes as pages
from api.problems import add_problem_handlers
from api.report_storage import ReportsFolder
from api.request_limits import REQUEST_ID, RequestLimits
from stream_app.http_names import spellings
from stream_app.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The app over the tables and topics of these settings; raises ReportsFolderError, ConfigurationError."""
    folder = ReportsFolder(settings.reports_dir)
    store = report_store(settings, folder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_services(settings, folder, store) as services:
            app.state.services = services
            yield

    app = FastAPIOffline(
        redoc_url=None,
        title="store-monitor",
        summary="Uptime and downtime of stores inside their business hours: reports, and live answers.",
        version="1",
        lifespan=lifespan,
    )
    app.state.instance = uuid4().hex
    add_problem_handlers(app)
    for part in (
        push_routes.router,  # before the stores, whose ids in paths take in everything
        store_routes.router,  # asked for most: FastAPI tries one route after the other
        form_a,
        forms_b_to_e,
        report_routes.router,
        intake_routes.router,
        routes.router,
        pages.router,
    ):
        app.include_router(part, dependencies=[Depends(only_declared)])
    app.include_router(push_socket.router)
    app.openapi_schema = completed(app.openapi())
    # Around everything, the framework's own answer to an unforeseen error among it, which add_middleware would not be.
    app.middleware_stack = RequestLimits(
        OriginGuard(
            _shared_with(settings.api_origins, app.build_middleware_stack()),
            known_hosts(settings),
            frozenset(settings.api_origins),
        ),
        max_body_bytes=settings.api_max_body_bytes,
        max_requests=settings.api_max_requests,
        timeout_s=settings.api_timeout_s,
    )
    return app


def _shared_with(origins: tuple[str, ...], app: ASGIApp) -> ASGIApp:
    """The app with CORS headers for these origins, and without any where there are none."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=[spelling for origin in origins for spelling in spellings(origin)],
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Content-Type", "Idempotency-Key", "Last-Event-ID", "Range", "If-None-Match", REQUEST_ID],
        expose_headers=["Location", "ETag", "Content-Range", "Content-Disposition", "Retry-After", REQUEST_ID],
        allow_private_network=True,
    )

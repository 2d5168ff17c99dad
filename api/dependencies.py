"""What the routes work with: made once an app, and handed to them by FastAPI."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import Depends, Query, Request

from api.as_of import parse_as_of
from api.catch_up import CatchUp
from api.health import Health
from api.kafka_ends import KafkaEnds
from api.live import LiveStores
from api.report_making import ReportMaking
from api.report_process import ReportProcess
from api.report_storage import ReportStorage
from api.reports import Reports
from stream_app.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives as long as the app."""

    reports: Reports
    live: LiveStores
    health: Health
    tables: CatchUp


@asynccontextmanager
async def running_services(settings: Settings, storage: ReportStorage) -> AsyncIterator[Services]:
    """The services, working; at the end running reports are ended and nothing of this process is left in its folder."""
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="store-monitor-api-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        kafka = KafkaEnds(settings)
        stack.push_async_callback(kafka.close)
        tables = CatchUp(kafka, settings.table_path, folder)
        stack.push_async_callback(tables.stop)
        tables.start()
        process = ReportProcess(folder, settings.log_level)
        stack.callback(process.close)
        reports = Reports(storage, ReportMaking(settings, kafka, tables, process))
        stack.push_async_callback(reports.close)
        reports.load()
        warming = asyncio.create_task(process.warm_up(), name="warm-up")  # what fails is logged there, and tried again
        stack.callback(warming.cancel)
        yield Services(reports, LiveStores(tables), Health(kafka, tables, settings.replay_file), tables)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _as_of(
    as_of: Annotated[
        str | None, Query(description="ISO 8601; UTC where it has no offset. By default the newest poll taken in.")
    ] = None,
) -> int | None:
    return None if as_of is None else parse_as_of(as_of)


ServicesOf = Annotated[Services, Depends(_services)]
AsOf = Annotated[int | None, Depends(_as_of)]

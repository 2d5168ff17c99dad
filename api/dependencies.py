"""What the routes work with: made once an app, and handed to them by FastAPI."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import Depends, Query, Request

from api.as_of import parse_as_of
from api.catch_up import CatchUp
from api.dead_letter_tail import DeadLetterTail
from api.feed_history import FeedHistory
from api.fleet import Fleet
from api.fleet_snapshots import FleetSnapshots
from api.health import Health
from api.job_process import JobProcess, JobProcessError
from api.kafka_ends import KafkaEnds
from api.live import LiveStores
from api.object_store import ObjectStore
from api.own_folder import own_folder
from api.parameters import AsOfText, PolicyText, RangeBegin, RangeEnd
from api.push import Push
from api.record_sender import RecordSender
from api.report_making import ReportMaking
from api.report_request import Columns, Format, ReportRequest, checked_policy, checked_range
from api.report_retention import Retention
from api.report_storage import ReportsFolder
from api.report_store import LocalStore, ReportStore
from api.report_sweep import ReportSweep
from api.reports import Reports
from api.status_feed import StatusFeed
from api.status_hub import StatusHub
from api.status_stream import StatusStreams
from stream_app.settings import STREAM_CLOCK, WALL_CLOCK, Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives as long as the app."""

    reports: Reports
    live: LiveStores
    fleet: Fleet
    health: Health
    tables: CatchUp
    dead_letters: DeadLetterTail
    default_policy: str
    report_clock: str
    push: Push
    statuses: StatusStreams
    sender: RecordSender
    max_future_s: float


def report_store(settings: Settings, folder: ReportsFolder) -> ReportStore:
    """Where finished reports are kept; raises ConfigurationError."""
    if not settings.report_store:
        return LocalStore(folder)
    return ObjectStore(folder, settings.report_store, timedelta(seconds=settings.report_link_ttl_s))


@asynccontextmanager
async def running_services(
    settings: Settings, reports_folder: ReportsFolder, store: ReportStore
) -> AsyncIterator[Services]:
    """The services, working; at the end running reports are ended and nothing of this process is left in its folder."""
    default_policy = checked_policy(settings.report_policy)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(own_folder())
        kafka = KafkaEnds(settings)
        stack.push_async_callback(kafka.close)
        tables = CatchUp(kafka, settings.table_paths, folder)
        stack.push_async_callback(tables.stop)
        tables.start()
        process = JobProcess("report", folder, settings.log_level)
        stack.push_async_callback(asyncio.to_thread, process.close)
        making = ReportMaking(settings, kafka, tables, process)
        reports = Reports(reports_folder, store, making, settings.report_queue)
        stack.push_async_callback(reports.close)
        reports.load()
        retention = Retention(timedelta(seconds=settings.report_keep_s), settings.report_max_bytes)
        sweep = ReportSweep(reports, reports_folder, retention)
        sweeping = asyncio.create_task(sweep.always(), name="sweep-reports")
        stack.callback(sweeping.cancel)
        warming = asyncio.create_task(_warm_up(process), name="warm-up")
        stack.callback(warming.cancel)
        health = Health(kafka, tables, settings.replay_file, settings.given_up_file)
        # Not the reports' process, which may be busy for long; it begins when it is first asked for.
        fleet_process = JobProcess("fleet", folder, settings.log_level)
        stack.push_async_callback(asyncio.to_thread, fleet_process.close)
        snapshots = FleetSnapshots(tables, settings.table_paths, fleet_process)
        hub = StatusHub(settings.push_kept_events)
        feed = StatusFeed(settings, hub)
        stack.push_async_callback(feed.stop)
        feed.start()
        sender = RecordSender(settings)
        stack.push_async_callback(sender.close)
        yield Services(
            reports,
            LiveStores(tables),
            Fleet(snapshots, health),
            health,
            tables,
            DeadLetterTail(settings),
            default_policy,
            settings.report_clock,
            Push(hub, settings.push_max_clients),
            StatusStreams(hub, FeedHistory(settings), settings.push_heartbeat_s),
            sender,
            settings.max_future_s,
        )


async def _warm_up(process: JobProcess) -> None:
    """What fails is tried again with the first report, which then says it."""
    try:
        await process.warm_up()
    except JobProcessError as error:
        log.warning("job_process.not_warm", reason=str(error))


# Dependencies are coroutines although they wait for nothing: FastAPI runs plain functions in threads, a hop for each.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(_services)]


async def _as_of(services: ServicesOf, as_of: AsOfText = None) -> int | None:
    return instant_asked(services, as_of)


def instant_asked(services: Services, as_of: str | None) -> int | None:
    """Microseconds since the epoch, None for the stream time; by default as the setting REPORT_CLOCK says."""
    asked = services.report_clock if as_of is None else as_of
    if asked == STREAM_CLOCK:
        return None
    return time.time_ns() // 1000 if asked == WALL_CLOCK else parse_as_of(asked)


AsOf = Annotated[int | None, Depends(_as_of)]


async def _report_asked(
    services: ServicesOf,
    as_of: AsOf,
    policy: PolicyText = None,
    columns: Annotated[
        Columns, Query(description="`extended` adds everything that is known of a store.")
    ] = Columns.DEFAULT,
    file_format: Annotated[Format, Query(alias="format", description="CSV or JSON Lines.")] = Format.CSV,
    first: RangeBegin = None,
    end: RangeEnd = None,
    allow_stale: Annotated[bool, Query(description="Compute with what is there when the tables lag behind.")] = False,  # noqa: FBT002 - a query parameter has a default
) -> ReportRequest:
    return ReportRequest(
        as_of=as_of,
        policy=checked_policy(policy or services.default_policy),
        columns=columns,
        format=file_format,
        range=checked_range(first, end),
        allow_stale=allow_stale,
    )


ReportAsked = Annotated[ReportRequest, Depends(_report_asked)]

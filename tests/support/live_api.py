"""The store routes over real tables, in this process: no server, no Kafka."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Self, TypeVar

import httpx
from fastapi import FastAPI

from api.catch_up import CatchUp
from api.dead_letter_tail import DeadLetterTail
from api.fleet import Fleet
from api.fleet_snapshots import FleetSnapshots
from api.health import Health
from api.job_process import JobProcess
from api.kafka_ends import KafkaEnds
from api.live import LiveStores
from api.pages import routes as pages
from api.partition_reader import PartitionReader
from api.problems import add_problem_handlers
from api.store_routes import router
from stream_app.settings import Settings
from tests.support.api_place import PARTITIONS
from tests.support.strategies import HoursRow, PollRow, ZoneRow
from tests.support.tables import Tables

_Found = TypeVar("_Found")

NOBODY_LISTENS = "127.0.0.1:1"


class LiveApi:
    """The app, and a loop that its requests run in one after the other."""

    def __init__(self, folder: Path, tables: Tables, partitions: int) -> None:
        self.now_s = 100.0  # the snapshots' clock, which stands still until a test sets it
        self._runner = asyncio.Runner()
        self._catch_up = CatchUp(self._kafka(), lambda partition: [tables.path(partition)], folder / "main")
        self._catch_up.readers = [
            PartitionReader([tables.path(partition)], folder / f"main-{partition}") for partition in range(partitions)
        ]
        self._process = JobProcess("fleet", folder, "INFO")
        self.snapshots = FleetSnapshots(
            self._catch_up, lambda partition: [tables.path(partition)], self._process, lambda: self.now_s
        )
        self.app = FastAPI()
        add_problem_handlers(self.app)
        self.app.include_router(router)
        self.app.include_router(pages.router)
        health = Health(self._kafka(), self._catch_up, None)
        self.app.state.services = SimpleNamespace(
            live=LiveStores(self._catch_up),
            fleet=Fleet(self.snapshots, health),
            health=health,
            tables=self._catch_up,
            dead_letters=DeadLetterTail(Settings.model_validate({"KAFKA_BROKERS": NOBODY_LISTENS})),
            default_policy="default",
            report_clock="stream",
        )

    def answer(self, method: str, path: str, body: object = None, **params: object) -> httpx.Response:
        """One request; what the tables hold by now is seen."""
        for reader in self._catch_up.readers:
            reader.catch_up()
        given = {name.rstrip("_"): str(value) for name, value in params.items()}
        return self._runner.run(self._request(method, path, body, given))

    def submit(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """A form without fields, sent with these headers."""
        return self._runner.run(self._request("POST", path, None, {}, headers))

    def get(self, path: str, **params: object) -> dict[str, Any]:
        """The JSON of a GET, whatever the status; `from_` stands for `from`."""
        found: dict[str, Any] = self.answer("GET", path, **params).json()
        return found

    def run(self, coroutine: Coroutine[Any, Any, _Found]) -> _Found:
        """Something in the app's own loop."""
        return self._runner.run(coroutine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close()
        self._runner.run(self._catch_up.stop())
        self._runner.close()

    async def _request(
        self,
        method: str,
        path: str,
        body: object,
        params: dict[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.request(method, path, params=params or None, json=body, headers=headers)

    def _kafka(self) -> KafkaEnds:
        async def made() -> KafkaEnds:
            return KafkaEnds(Settings.model_validate({"KAFKA_BROKERS": NOBODY_LISTENS}))

        return self._runner.run(made())


@contextmanager
def live_api(folder: Path, tables: Tables, partitions: int) -> Iterator[LiveApi]:
    """The app over these tables, closed at the end."""
    with LiveApi(folder, tables, partitions) as api:
        yield api


@contextmanager
def live_api_of(
    folder: Path, polls: Iterable[PollRow], hours: Iterable[HoursRow], zones: Iterable[ZoneRow]
) -> Iterator[LiveApi]:
    """The same over tables that hold these rows."""
    tables = Tables(folder / "tables", PARTITIONS)
    tables.write(polls, hours, zones)
    with live_api(folder / "api", tables, PARTITIONS) as api:
        yield api

"""A whole `up` on a disk whose power is cut: what was acknowledged to its clients, and what is there afterwards."""

import asyncio
import csv
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx

from producers.sample import END, write_sample
from stream_app.local.topic_content import read_topic
from stream_app.replay_progress import read_progress
from tests import reference
from tests.reference_rows import Poll, Row, parse_poll, valid
from tests.support.command import api_url, environment, processes_below, run
from tests.support.power_disk import PowerDisk
from tests.support.sidecar import Sidecar
from tests.support.waiting import comes_true

HTTP_STORES = 50
BATCH = 20
STARTED_WITHIN_S = 240.0
_GONE_WITHIN_S = 60.0
_ANSWERED_WITHIN_S = 30.0
HOURS = ("http-0", "0", "09:00", "17:00")


@dataclass(frozen=True, slots=True)
class Unsynced:
    """A file that was written and not synced. Its name may survive, with the syncs of others; its content doesn't."""

    path: Path
    content: bytes

    @property
    def is_lost(self) -> bool:
        """Whether the content isn't on the disk."""
        return not self.path.exists() or self.path.read_bytes() != self.content


class Powered:
    """The service on the disk, and the clients that send it polls."""

    def __init__(self, folder: Path, disk: PowerDisk) -> None:
        self.state = disk.path / "state"
        self.acknowledged: set[Row] = set()
        self._folder = folder
        self._disk = disk
        self._numbers = count()
        self._up: subprocess.Popen[bytes] | None = None
        self._has_power = True
        write_sample(folder / "data", stores=60, days=8, end=END, seed=3)

    @property
    def data(self) -> Path:
        """The input that each `up` replays."""
        return self._folder / "data"

    @property
    def brokers(self) -> str:
        """Where the embedded Kafka serves."""
        return str(json.loads((self.state / "kafka.json").read_bytes())["brokers"])

    @contextmanager
    def running(self) -> Iterator[None]:
        """An `up` whose replay is acknowledged; killed with all its children where the block ends."""
        output = self._folder / f"up-{next(self._numbers)}.txt"
        command = ["-m", "stream_app.cli", "up", "--api-port", "0"]
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *command, "--data", self.data, "--state-dir", self.state],
                env=environment(None),
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self._up, self._has_power = process, True
        try:
            assert comes_true(lambda: "Ctrl-C stops" in output.read_text(), STARTED_WITHIN_S), output.read_text()
            progress = read_progress(self.state / "replay.json")
            assert progress is not None
            assert progress.state == "done"
            self.acknowledged |= set(_rows(self.data / "store_status.csv"))
            yield
        finally:
            self.kill()

    def cut(self) -> Unsynced:
        """Cut the power right after a write that nobody synced, which is lost where the cut struck."""
        unsynced = Unsynced(self._disk.path / "unsynced", os.urandom(4096))
        unsynced.path.write_bytes(unsynced.content)
        self._has_power = False
        self._disk.cut()
        self.kill()
        return unsynced

    def kill(self) -> None:
        """End the `up` and, by the kernel, its children."""
        if self._up is not None:
            self._up.kill()
            self._up.wait()
            assert comes_true(lambda: not processes_below(self._disk.path), _GONE_WITHIN_S)

    def send(self, ends: threading.Event) -> None:
        """Send polls over HTTP, a batch after the other, until the service is gone or this is told to end."""
        with httpx.Client(base_url=self._url(), timeout=_ANSWERED_WITHIN_S) as http:
            while not ends.is_set() and self._is_acknowledged(http):
                pass

    def send_hours(self) -> None:
        """Give a store hours over HTTP."""
        store, day, start, end = HOURS
        body = {"hours": [{"day": int(day), "start": start, "end": end}]}
        answer = httpx.put(f"{self._url()}/stores/{store}/hours", json=body)
        assert answer.is_success, answer.text

    def finish_report(self) -> str:
        """Have a report made; its id, once it is Complete."""
        assert self._up is not None
        with httpx.Client(base_url=self._url(), timeout=_ANSWERED_WITHIN_S) as http:
            sidecar = Sidecar(self._up, http)
            report_id = sidecar.trigger()
            assert sidecar.finished(report_id, _GONE_WITHIN_S)["status"] == "Complete"
            return report_id

    def download(self, report_id: str) -> bytes:
        """A report's file."""
        answer = httpx.get(f"{self._url()}/reports/{report_id}/download", timeout=_ANSWERED_WITHIN_S)
        return answer.raise_for_status().content

    def report(self) -> bytes:
        """A report of now, by the command."""
        ended = run(self._folder, "report", "--state-dir", self.state, "--out", "report.csv")
        assert ended.exit_code == 0, ended.output
        return (self._folder / "report.csv").read_bytes()

    def kept(self) -> set[Row]:
        """Every poll that Kafka has."""
        found: set[Row] = set()
        asyncio.run(read_topic(self.brokers, "store-polls", lambda record: found.add(_row(record.value))))
        return found

    def lost(self) -> set[Poll]:
        """The acknowledged polls that Kafka doesn't have."""
        return set(valid(parse_poll, self.acknowledged)) - set(valid(parse_poll, self.kept()))

    def expected(self, polls: set[Row]) -> bytes:
        """The reference's report of these polls, and of the calendars that were acknowledged."""
        hours, zones = (_rows(self.data / f"{name}.csv") for name in ("menu_hours", "timezones"))
        return reference.report(sorted(polls), [*hours, HOURS], zones)

    def _is_acknowledged(self, http: httpx.Client) -> bool:
        rows = [_http_row(number) for number in islice(self._numbers, BATCH)]
        polls = [dict(zip(("store_id", "status", "timestamp_utc"), row, strict=True)) for row in rows]
        try:
            answer = http.post("/polls", json=polls)
        except httpx.TransportError:
            return False
        if answer.status_code == httpx.codes.ACCEPTED and self._has_power:
            assert answer.json()["accepted"] == BATCH
            self.acknowledged |= set(rows)
        return answer.is_success

    def _url(self) -> str:
        url = api_url(self.state)
        assert url is not None
        return url


def _http_row(number: int) -> Row:
    minute = timedelta(minutes=number // HTTP_STORES)
    status = "inactive" if number % 3 else "active"
    return f"http-{number % HTTP_STORES}", status, f"{END - timedelta(days=7) + minute:%Y-%m-%d %H:%M:%S} UTC"


def _row(value: bytes) -> Row:
    poll: dict[str, Any] = json.loads(value)
    return poll["store_id"], poll["status"], poll["timestamp_utc"]


def _rows(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]

"""The API as its own process, on tables and topics of a test's own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.waiting import comes_true

START_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A running API."""

    process: subprocess.Popen[bytes]
    http: httpx.Client

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """The JSON body, whatever the status."""
        body: dict[str, Any] = self.http.get(path, params=params).json()
        return body

    def trigger(self, **params: str) -> str:
        """Begin a report; its id."""
        return str(self.http.post("/trigger_report", params=params).raise_for_status().json()["report_id"])

    def finished(self, report_id: str, within_s: float = 30) -> dict[str, Any]:
        """What get_report says once it no longer says Running."""
        deadline = time.monotonic() + within_s
        while (answer := self.get(f"/get_report/{report_id}"))["status"] == "Running":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return answer

    def csv(self, **params: str) -> bytes:
        """A report's bytes, from trigger to download."""
        answer = self.finished(self.trigger(**params))
        assert answer["status"] == "Complete", answer
        return self.http.get(answer["url"]).raise_for_status().content

    def report_process(self) -> int:
        """The process id of the one that reports are made in."""
        (found,) = (pid for pid in children_of(self.process.pid) if "resource_tracker" not in _command_of(pid))
        return found

    def becomes_ready(self, within_s: float = 20) -> bool:
        """Whether /health/ready answers 200 in time."""
        return comes_true(lambda: self.http.get("/health/ready").status_code == 200, within_s)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def api_environment(folder: Path, kafka: str, **more: str) -> dict[str, str]:
    """The environment of a sidecar that keeps everything in `folder`."""
    return {
        **os.environ,
        "KAFKA_BROKERS": kafka,
        "DATA_DIR": str(folder / "worker"),
        "REPORTS_DIR": str(folder / "reports"),
        "API_ADDRESS_FILE": str(folder / "api.json"),
        "API_PORT": "0",
        "TMPDIR": str(folder),
        **more,
    }


@contextmanager
def running_sidecar(environment: Mapping[str, str]) -> Iterator[Sidecar]:
    """Start it, wait until it listens, and stop it as `up` does; what a test has killed already is fine."""
    address_file = Path(environment["API_ADDRESS_FILE"])
    process = subprocess.Popen([sys.executable, "-m", "api"], env=environment)
    try:
        assert comes_true(lambda: address_file.exists() or process.poll() is not None, START_WITHIN_S)
        assert process.poll() is None
        with httpx.Client(base_url=json.loads(address_file.read_bytes())["url"], timeout=10) as http:
            yield Sidecar(process, http)
    finally:
        process.terminate()
        process.wait(15)
        address_file.unlink(missing_ok=True)

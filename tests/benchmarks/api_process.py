"""The API under measurement: its process as `up` starts it, asked over HTTP."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from stream_app.local.processes import ManagedProcess
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.measured import measured, wait_until
from tests.benchmarks.usage import usage_of
from tests.benchmarks.workbench import environment_of

STARTED_WITHIN_S, REPORT_WITHIN_S = 60.0, 300.0
_LOOK_EVERY_S = 0.05
_LOOK_FOR_FILE_EVERY_S, _ASK_EVERY_S = 0.001, 1.0


class _Counts(msgspec.Struct):
    stores: int | None


class Report(msgspec.Struct):
    """What the API says of a report."""

    report_id: str
    state: str
    progress: float
    counts: _Counts
    code: str | None
    reason: str | None

    @property
    def is_complete(self) -> bool:
        """Whether its file is there."""
        return self.state == "Complete"


class ApiProcess:
    """An API that listens."""

    def __init__(self, process: ManagedProcess, url: str, reports: Path) -> None:
        self.process = process
        self.url = url
        self._reports = reports
        self._http = httpx.Client(base_url=url, timeout=30)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def answers(self, path: str) -> bool:
        """Whether this is answered with 200."""
        return self._http.get(path).status_code == httpx.codes.OK

    def report_ms(self, as_of: str) -> tuple[float, Path]:
        """The milliseconds from the trigger to the whole file on disk, and the file."""
        began = time.perf_counter()
        report_id = self.begin_report(as_of)
        path = self._reports / f"{report_id}.csv"
        asked = began
        while not path.exists():
            time.sleep(_LOOK_FOR_FILE_EVERY_S)
            if time.perf_counter() - asked > _ASK_EVERY_S:  # seldom: an answer takes time from what is measured
                self.report(report_id)
                asked = time.perf_counter()
        took = time.perf_counter() - began
        wait_until(
            self.process, lambda: self.report(report_id).is_complete, "it is complete", REPORT_WITHIN_S, _LOOK_EVERY_S
        )
        return took * 1000, path

    def begin_report(self, as_of: str | None = None) -> str:
        """A report's id; it goes on by itself. At the stream time where no time is given."""
        return _report(self._http.post("/reports", json={"as_of": as_of})).report_id

    def report(self, report_id: str) -> Report:
        """What is known of a report; raises BenchmarkError for one that ended without a file."""
        found = _report(self._http.get(f"/reports/{report_id}"))
        if found.state not in {"Pending", "Running", "Complete"}:
            raise BenchmarkError(f"report {report_id} is {found.state}: {found.code}, {found.reason}")
        return found

    def peak_mib(self) -> float:
        """The most memory that it and its child processes had resident, each at its own worst."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return sum(usage_of(pid).peak_rss_mib for pid in [self.process.pid, *map(int, children)])


@contextmanager
def running_api(folder: Path, environment: Mapping[str, str], known_path: str) -> Iterator[ApiProcess]:
    """An API while the block runs, from when it answers `known_path`; reports and log are below `folder`."""
    reports, address_file = folder / "reports", folder / "api.json"
    given = {"REPORTS_DIR": str(reports), "API_ADDRESS_FILE": str(address_file), "API_PORT": "0", **environment}
    with measured("api", [sys.executable, "-m", "api"], environment_of(given), folder) as process:
        wait_until(process, address_file.exists, "the API listens", STARTED_WITHIN_S, _LOOK_EVERY_S)
        api = ApiProcess(process, str(msgspec.json.decode(address_file.read_bytes())["url"]), reports)
        try:
            wait_until(
                process, lambda: api.answers(known_path), f"{known_path} is known", STARTED_WITHIN_S, _LOOK_EVERY_S
            )
            yield api
        finally:
            api.close()


def _report(answer: httpx.Response) -> Report:
    if not answer.is_success:
        raise BenchmarkError(f"{answer.request.url} answered {answer.status_code}: {answer.text}")
    return msgspec.json.decode(answer.content, type=Report)

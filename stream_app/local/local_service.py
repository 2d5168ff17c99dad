"""The processes of one `up` on a broker that runs: from their start to the first report and the end."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import urlsplit

from stream_app.errors import StoreMonitorError
from stream_app.local.api_client import ApiClient, ReportFailedError
from stream_app.local.catching_up import wait_for_api, wait_until_taken_in
from stream_app.local.first_report import FirstReport, NoPollsError
from stream_app.local.input_replay import InputReplay
from stream_app.local.output_file import OutputNotWrittenError, write_output
from stream_app.local.report_view import show_report
from stream_app.local.state_directory import Replayed, StateDirectory
from stream_app.local.supervisor import PartGivenUpError, Supervisor, WhenItEnds
from stream_app.local.up_options import UpOptions
from stream_app.local.up_owner import UpOwner
from stream_app.local.workers import data_dirs, start_workers
from stream_app.settings import load_settings
from stream_app.topics import topics_of

Content: TypeAlias = tuple[str, bytes]
Wait: TypeAlias = Callable[[Callable[[], Content | None]], Content]

_LOOPBACK = "127.0.0.1"
_API = "api"


class LocalService:
    """Workers, API, and producers where a note names an input; the supervisor stops them."""

    def __init__(
        self,
        options: UpOptions,
        note: Replayed | None,
        directory: StateDirectory,
        supervisor: Supervisor,
        owner: UpOwner,
        kafka: str,
    ) -> None:
        self._options = options
        self._directory = directory
        self._supervisor = supervisor
        self._owner = owner
        self._kafka = kafka
        self._api_port = options.api_port
        self._has_input = note is not None
        self._settings = load_settings(self.environment())
        self._replay = (
            None if note is None else InputReplay(note, directory, self._settings, owner, allow_jump=options.allow_jump)
        )

    def environment(self) -> dict[str, str]:
        """The children's environment now: this process's, and where everything is."""
        environment = {
            **os.environ,
            "KAFKA_BROKERS": self._kafka,
            "DATA_DIRS": data_dirs(self._options.workers, self._directory),
            "REPORTS_DIR": str(self._directory.reports),
            "API_HOST": api_host(),
            "API_PORT": str(self._api_port),
            "API_ADDRESS_FILE": str(self._directory.api_address),
            "GIVEN_UP_FILE": str(self._directory.given_up),
        }
        if self._has_input:
            environment["REPLAY_FILE"] = str(self._directory.replay_progress)
        return environment

    def start(self) -> ApiClient:
        """Start everything; return once the API answers. Raises ChildDiedError, PartGivenUpError."""
        start_workers(self._options.workers, self._directory, self._supervisor, self.environment)
        self._supervisor.start(_API, [sys.executable, "-m", "api"], self.environment, WhenItEnds.RESTART)
        if self._replay is not None:
            self._replay.start(self._supervisor, self.environment)
        client = wait_for_api(self._supervisor, self._directory.api_address, _API)
        self._api_port = urlsplit(client.url).port or self._api_port  # of a free one: where it comes back after its end
        return client

    def report_once(self, client: ApiClient) -> None:
        """Make the report, and write it where it was asked for; raises whatever keeps it from being made."""
        report = self._first_report(client)
        self._take_in(client)
        self._show(report, *self._supervisor.wait_for(report.content))

    def report_and_stay(self, client: ApiClient) -> None:
        """Make the report if it can be made, and go on until Ctrl-C; an API that keeps dying ends nothing else.

        Raises ChildDiedError where nothing can go on, and at the end the error that the user was told of before.
        """
        self._supervisor.restart_without_limit(_API)
        report = self._first_report(client)
        failure = None
        try:
            self._take_in(client)
            failure = self._try(report, self._supervisor.wait_for)
        except PartGivenUpError:
            self._owner.tell("There is no first report for that reason; the API says it, too.")
        except NoPollsError:
            self._owner.tell(_how_to_begin(client.url, self._kafka))
        failure = self._stay_up(client, report) or failure
        if self._supervisor.given_up:
            raise PartGivenUpError(self._supervisor.given_up[-1])
        if failure is not None:
            raise failure

    def _stay_up(self, client: ApiClient, report: FirstReport) -> StoreMonitorError | None:
        """Until Ctrl-C; the report that lacked polls is made after the first one."""
        self._owner.console.print(f"API:  {client.url}\nDocs: {client.url}/docs\nCtrl-C stops everything.")
        failure = None
        try:
            if report.lacks_polls:
                failure = self._try(report, self._supervisor.watch)
            self._supervisor.watch(lambda: None)
        except KeyboardInterrupt:
            self._owner.console.print("Stopping …")
        return failure

    def _try(self, report: FirstReport, wait_for: Wait) -> StoreMonitorError | None:
        """Show the report once it is there; else say why not, and return that where a file was asked for."""
        try:
            self._show(report, *wait_for(report.content_after_a_poll if report.lacks_polls else report.content))
        except NoPollsError:
            raise
        except (ReportFailedError, OutputNotWrittenError) as error:
            self._owner.tell(str(error))
            return error if self._options.report is not None else None
        return None

    def _first_report(self, client: ApiClient) -> FirstReport:
        return FirstReport(client, self._options.as_of, topics_of(self._settings).polls)

    def _take_in(self, client: ApiClient) -> None:
        """Until everything that was sent before is in the state."""
        progress = self._directory.replay_progress if self._replay is not None else None
        wait_until_taken_in(
            self._supervisor, client, progress, self._owner.console, waits_for_others=not self._options.once
        )
        if self._replay is not None:
            self._replay.finish()

    def _show(self, report: FirstReport, basis: str, content: bytes) -> None:
        """The beginning of the report, and all of it in the file that was asked for; raises OutputNotWrittenError."""
        self._owner.console.print(basis, highlight=False, soft_wrap=True)
        show_report(content, self._owner.console)
        if self._options.report is not None:
            write_output(self._options.report, content, f"it is {self._directory.reports / f'{report.report_id}.csv'}")
            self._owner.console.print(f"Report: {self._options.report}")


def api_host() -> str:
    """The address that the API binds to."""
    return os.environ.get("API_HOST", _LOOPBACK)


def _how_to_begin(url: str, kafka: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    poll = f'{{"store_id": "1", "status": "active", "timestamp_utc": "{now}"}}'
    return (
        "No poll has come yet; the first report is made as soon as one has. Two ways to send some:\n"
        f"  curl {url}/polls -H 'Content-Type: application/json' -d '{poll}'\n"
        f"  store-monitor replay DIR --kafka {kafka}"
    )

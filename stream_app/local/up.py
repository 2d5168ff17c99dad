"""`store-monitor up`: the whole service on one machine, from broker to first report, as one command."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape

from api.as_of import BadAsOfError, parse_as_of
from api.listening import listen
from producers.display import show_input
from producers.input_files import InputFiles, find_input_files
from stream_app.atomic_file import replacing
from stream_app.errors import UsageError
from stream_app.local.api_client import ApiClient
from stream_app.local.broker import ExternalBroker, find_broker
from stream_app.local.catching_up import wait_for_api, wait_until_taken_in
from stream_app.local.first_report import FirstReport
from stream_app.local.kafka import EmbeddedKafka
from stream_app.local.report_view import show_rejected, show_report
from stream_app.local.state_directory import Replayed, StateDirectory, digest_of
from stream_app.local.supervisor import Supervisor, WhenItEnds
from stream_app.local.workers import check_workers, data_dirs, start_workers
from stream_app.replay_progress import read_progress
from stream_app.settings import load_settings
from stream_app.topics import ensure_topics

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the command line of `up` says."""

    data: Path | None = None
    once: bool = False
    report: Path | None = None
    as_of: str | None = None
    kafka: str | None = None
    api_port: int = 8000
    state_dir: Path | None = None
    fresh: bool = False
    workers: int = 1


def up(options: UpOptions, console: Console) -> None:
    """Run the service until Ctrl-C, or with `once` until the report is written; nothing of it is left running.

    Raises UsageError for options that contradict each other, and other StoreMonitorErrors for whatever ended it early.
    """
    files = _checked(options)
    for note in () if files is None else files.notes:
        _warn(note, console)
    with ExitStack() as stack:
        stack.enter_context(_signals_as_interrupt())
        directory = StateDirectory.claim(options.state_dir or StateDirectory.default_for(options.data))
        stack.callback(directory.close)
        if options.fresh:
            directory.empty()
        directory.forget_run()
        supervisor = stack.enter_context(Supervisor(directory.logs, lambda line: _warn(line, console)))
        kafka = _broker(options, directory, supervisor, console)
        stack.callback(directory.forget_kafka)
        directory.say_kafka(kafka)
        environment = _environment(options, directory, kafka, replays=files is not None)
        check_workers(options.workers, asyncio.run(ensure_topics(load_settings(environment))))
        start_workers(options.workers, directory, supervisor, environment)
        supervisor.start("api", [sys.executable, "-m", "api"], environment, WhenItEnds.RESTART)
        if files is not None:
            _replay(options, files, directory, supervisor, environment, console)
        client = wait_for_api(supervisor, directory.api_address)
        environment["API_PORT"] = str(urlsplit(client.url).port)  # of a free one: where it comes back after its end
        wait_until_taken_in(supervisor, client, directory.replay_progress if files else None, console)
        _note_replayed(options, files, directory, console)
        _report(options, supervisor, client, console)
        if not options.once:
            _stay_up(supervisor, client, console)


def _checked(options: UpOptions) -> InputFiles | None:
    """The input's files; everything that can be refused is refused before anything is started."""
    if options.fresh and (options.kafka or os.environ.get("KAFKA_BROKERS")):
        raise UsageError("--fresh empties the embedded broker's directory; it never deletes topics of another Kafka")
    if options.report is not None and not options.report.absolute().parent.is_dir():
        raise UsageError(f"--report {options.report}: there is no directory {options.report.absolute().parent}")
    if options.as_of is not None:
        try:
            parse_as_of(options.as_of)
        except BadAsOfError as error:
            raise UsageError(f"--as-of: {error}") from error
    listen(_api_host(), options.api_port).close()  # raises CannotListenError before minutes have gone into the rest
    return None if options.data is None else find_input_files(options.data, InputFiles())


def _broker(options: UpOptions, directory: StateDirectory, supervisor: Supervisor, console: Console) -> str:
    """The bootstrap servers of the broker to use, started first if it is the embedded one."""
    broker = find_broker(options.kafka, os.environ)
    if isinstance(broker, ExternalBroker):
        return broker.address.bootstrap
    if broker.maven is not None:
        console.print("Fetching Apache Kafka, once, into the cache …")
    jars = broker.ensure_jars(os.environ)
    embedded = EmbeddedKafka(directory.path, broker.java, jars)
    console.print("Starting Apache Kafka …")
    address = embedded.start()
    supervisor.add("broker", embedded)
    return address.bootstrap


def _environment(options: UpOptions, directory: StateDirectory, kafka: str, *, replays: bool) -> dict[str, str]:
    """The children's environment: this one's, and where everything is."""
    environment = {
        **os.environ,
        "KAFKA_BROKERS": kafka,
        "DATA_DIRS": data_dirs(options.workers, directory),
        "REPORTS_DIR": str(directory.reports),
        "API_HOST": _api_host(),
        "API_PORT": str(options.api_port),
        "API_ADDRESS_FILE": str(directory.api_address),
    }
    if replays:
        environment["REPLAY_FILE"] = str(directory.replay_progress)
    return environment


def _replay(
    options: UpOptions,
    files: InputFiles,
    directory: StateDirectory,
    supervisor: Supervisor,
    environment: Mapping[str, str],
    console: Console,
) -> None:
    """Start the producers on the input, with a word if something else is in the directory already."""
    digest = _digest(files)
    others = [entry for entry in directory.replayed() if entry.digest != digest]
    if others:
        first = min((entry.first_poll for entry in others if entry.first_poll), default="none")
        last = max((entry.last_poll for entry in others if entry.last_poll), default="none")
        _warn(
            f"{directory.path} already holds polls from {first} to {last} "
            f"({', '.join(entry.source for entry in others)}); they count too. --fresh starts without them.",
            console,
        )
    directory.remember(Replayed(str(options.data), digest))
    progress = str(directory.replay_progress)
    argv = [sys.executable, "-m", "producers", str(options.data), "--quiet", "--progress-file", progress]
    supervisor.start("producers", argv, environment, WhenItEnds.IS_DONE)


def _note_replayed(options: UpOptions, files: InputFiles | None, directory: StateDirectory, console: Console) -> None:
    """Keep the range that was replayed, and show what of the input was refused."""
    progress = read_progress(directory.replay_progress)
    if files is None or progress is None:
        return
    directory.remember(Replayed(str(options.data), _digest(files), progress.first_poll, progress.last_poll))
    if progress.input is not None:
        show_input(progress.input, console)
    show_rejected(progress.rejected, console)


def _report(options: UpOptions, supervisor: Supervisor, client: ApiClient, console: Console) -> None:
    """Trigger a report, show its beginning, and write it where it was asked for."""
    content = supervisor.wait_for(FirstReport(client, options.as_of).content)
    show_report(content, console)
    if options.report is not None:
        with replacing(options.report) as file:
            file.write(content)
        console.print(f"Report: {options.report}")


def _stay_up(supervisor: Supervisor, client: ApiClient, console: Console) -> None:
    console.print(f"API:  {client.url}\nDocs: {client.url}/docs\nCtrl-C stops everything.")
    try:
        supervisor.wait_for(lambda: None)
    except KeyboardInterrupt:
        console.print("Stopping …")


def _warn(line: str, console: Console) -> None:
    console.print(f"[yellow]{escape(line)}[/]")


def _digest(files: InputFiles) -> str:
    return digest_of(path for path in (files.polls, files.hours, files.zones) if path is not None)


def _api_host() -> str:
    return os.environ.get("API_HOST", _LOOPBACK)


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """SIGTERM, and the hang-up of a terminal that is closed, end `up` as Ctrl-C does: in order."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""`store-monitor up`: the whole service on one machine, from broker to first report, as one command."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console

from api.as_of import BadAsOfError, parse_as_of
from api.listening import listen
from producers.input_files import InputFiles, find_input_files
from stream_app.errors import UsageError
from stream_app.local.broker import ExternalBroker, find_broker
from stream_app.local.kafka import EmbeddedKafka
from stream_app.local.local_service import LocalService, api_host
from stream_app.local.machine import check_space, raise_limits
from stream_app.local.output_file import check_output
from stream_app.local.replayed_input import check_place, other_places, replayed_now
from stream_app.local.state_directory import Replayed, StateDirectory
from stream_app.local.supervisor import Supervisor
from stream_app.local.up_options import UpOptions
from stream_app.local.up_owner import UpOwner
from stream_app.local.workers import check_workers
from stream_app.settings import load_settings
from stream_app.topics import ensure_topics


def up(options: UpOptions, console: Console) -> None:
    """Run the service until Ctrl-C, or with `once` until the report is written; nothing of it is left running.

    Raises UsageError for options that contradict each other, and other StoreMonitorErrors for whatever ended it early.
    """
    raise_limits()
    files = _checked(options)
    note = None if options.data is None or files is None else replayed_now(options.data, files)
    with ExitStack() as stack:
        stack.enter_context(_signals_as_interrupt())
        directory = StateDirectory.claim(options.state_dir or StateDirectory.default_for(options.data))
        stack.callback(directory.close)
        owner = UpOwner(directory, console)
        for word in () if files is None else files.notes:
            owner.tell(word)
        _prepare(options, note, directory, owner)
        check_space(directory.path)
        supervisor = stack.enter_context(Supervisor(directory.logs, owner))
        kafka = _broker(options, directory, supervisor, console)
        stack.callback(directory.forget_kafka)
        directory.say_kafka(kafka)
        service = LocalService(options, note, directory, supervisor, owner, kafka)
        check_workers(options.workers, asyncio.run(ensure_topics(load_settings(service.environment()))))
        client = service.start()
        if options.once:
            service.report_once(client)
        else:
            service.report_and_stay(client)


def _checked(options: UpOptions) -> InputFiles | None:
    """The input's files; everything that can be refused is refused before anything is started."""
    if options.fresh and (options.kafka or os.environ.get("KAFKA_BROKERS")):
        raise UsageError("--fresh empties the embedded broker's directory; it never deletes topics of another Kafka")
    if options.report is not None:
        check_output("--report", options.report)
    if options.as_of is not None:
        try:
            parse_as_of(options.as_of)
        except BadAsOfError as error:
            raise UsageError(f"--as-of: {error}") from error
    listen(api_host(), options.api_port).close()  # raises CannotListenError before minutes have gone into the rest
    return None if options.data is None else find_input_files(options.data, InputFiles())


def _prepare(options: UpOptions, note: Replayed | None, directory: StateDirectory, owner: UpOwner) -> None:
    """Refuse an input that isn't the directory's; remove what an earlier run left that isn't true any more."""
    if options.fresh:
        if others := other_places(directory.replayed(), note):
            owner.tell(f"{directory.path} is emptied, which held the state of {' and '.join(others)}.")
        directory.empty()
    elif note is not None and not options.add:
        check_place(directory.path, directory.replayed(), note)
    directory.forget_run()


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


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """SIGTERM, and the hang-up of a terminal that is closed, end `up` as Ctrl-C does: in order."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

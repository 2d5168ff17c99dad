"""Push: from a poll's acknowledgement to a thousand clients, one of which never reads; and polls taken over HTTP."""

import http.client
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import numpy as np

from stream_app.local.processes import ManagedProcess
from tests.benchmarks.api_process import ApiProcess, running_api
from tests.benchmarks.contenders import DURABLE_WITHIN_S
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.figures import at_least, at_most, figure
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.live import live_input
from tests.benchmarks.live_polls import LiveInput
from tests.benchmarks.measured import measured, wait_for_end
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.push_clients import sse_request
from tests.benchmarks.source import Source, source_of
from tests.benchmarks.steady_load import steady_load
from tests.benchmarks.workbench import Workbench, environment_of
from tests.benchmarks.worker import running_worker

PREFIX = "push-"
BATCH = 1_000
SENDERS = 2
PROBES_WITHIN_S, LOOK_EVERY_S = 600.0, 0.1
RECEIVE_BYTES = 4096  # of the client that never reads; its kernel shall not read for it

_of_group = partial(figure, "push")


def measure(bench: Workbench) -> Measurements:
    """The group's figures."""
    delays: list[list[float]] = []
    grown: list[float] = []
    cut: list[float] = []
    rates: list[float] = []
    with bench.broker("push") as kafka, KafkaView(kafka.address.bootstrap) as view:
        bench.replay(bench.sample(bench.scale.stores, bench.scale.days), kafka.address.bootstrap, PREFIX)
        source = source_of(kafka, view, PREFIX)
        environment = {"KAFKA_BROKERS": source.brokers, "TOPIC_PREFIX": source.prefix, "APP_ID": "push"}
        folder = bench.new_folder("push")
        with running_worker(folder, source.partitions, environment) as worker:
            worker.durable_at(source.ends, DURABLE_WITHIN_S)
            for number in range(1, bench.scale.rounds + 1):
                round_folder = bench.new_folder(f"push-{number}")
                own = {**environment, "DATA_DIR": str(worker.settings.data_dir)}
                with running_api(round_folder, own, "/health/live") as api:
                    worker.durable_at(view.ends([source.topic]), DURABLE_WITHIN_S)
                    rates.append(_posted_per_s(api.url, bench.scale.post_s))
                    worker.durable_at(view.ends([source.topic]), DURABLE_WITHIN_S)
                    given = live_input(worker, source)
                    ms, growth, cut_s = _pushed(bench, round_folder, given, source, api)
                bench.say(f"push {number}: p99 {np.percentile(ms, 99):.0f} ms, {rates[-1]:,.0f} polls/s over HTTP")
                delays.append(ms)
                grown.append(growth)
                cut.append(cut_s)
    clients = f"{bench.scale.push_clients:,} streams and {bench.scale.push_sockets} WebSockets"
    beside = f"{clients}, each wanting everything, beside {bench.scale.load_polls_per_s:,} polls/s."
    p50, p99 = ([float(np.percentile(ms, share)) for ms in delays] for share in (50, 99))
    return Measurements(
        {
            "push_p50_ms": _of_group("acknowledged to pushed, p50", "ms", p50, None, beside),
            "push_p99_ms": _of_group("acknowledged to pushed, p99", "ms", p99, at_most(300), beside),
            "push_growth_mib": _of_group("the API's memory, growth by all of it", "MiB", grown, at_most(128), beside),
            "push_cut_off_s": _of_group("a client that never reads is cut off after", "s", cut, at_most(30)),
            "post_polls_per_s": _of_group(
                f"POST /polls, batches of {BATCH:,}", "polls/s", rates, at_least(20_000), f"{SENDERS} clients."
            ),
        }
    )


def _pushed(
    bench: Workbench, folder: Path, given: LiveInput, source: Source, api: ApiProcess
) -> tuple[list[float], float, float]:
    """The delays in milliseconds, the API's growth in MiB, and after how many seconds the deaf client was cut off."""
    scale, output = bench.scale, folder / "delays.json"
    sizes = [scale.push_clients, scale.push_sockets, scale.push_probes]
    cut_s: list[float] = []
    with steady_load(given, source, folder, scale.load_polls_per_s) as load, _deaf_client(api.url) as deaf:
        began, before = time.monotonic(), _resident_mib(api.process)
        watching = threading.Thread(target=_watch, args=(deaf, began, cut_s), daemon=True)
        watching.start()
        clients = ["-m", "tests.benchmarks.push_clients", str(load.input_file), str(output), api.url]
        command = [sys.executable, *clients, *map(str, sizes)]
        with measured("clients", command, environment_of({}), folder) as listening:
            wait_for_end(listening, PROBES_WITHIN_S)
        watching.join(PROBES_WITHIN_S)
        growth = _resident_mib(api.process) - before
    load.arrived_per_s()
    if not cut_s:
        raise BenchmarkError("the client that never reads was not cut off")
    return msgspec.json.decode(output.read_bytes(), type=list[float]), growth, cut_s[0]


@contextmanager
def _deaf_client(url: str) -> Iterator[socket.socket]:
    where = urlsplit(url)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        deaf.connect((where.hostname, where.port))
        deaf.sendall(sse_request(url))
        yield deaf


def _watch(deaf: socket.socket, began: float, cut_s: list[float]) -> None:
    """Until the API's end of the connection is gone; the client isn't told."""
    ours, theirs = f":{deaf.getsockname()[1]:04X}", f":{deaf.getpeername()[1]:04X}"
    while time.monotonic() - began < PROBES_WITHIN_S:
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        if not any(row[1].endswith(theirs) and row[2].endswith(ours) for row in rows):
            cut_s.append(time.monotonic() - began)
            return
        time.sleep(LOOK_EVERY_S)


def _posted_per_s(url: str, seconds: float) -> float:
    """Polls a second that were answered with 202, by clients that each wait for their answer."""
    accepted: list[int] = []
    until = time.monotonic() + seconds
    senders = [threading.Thread(target=_post, args=(url, until, accepted)) for _ in range(SENDERS)]
    began = time.monotonic()
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return sum(accepted) / (time.monotonic() - began)


def _post(url: str, until: float, accepted: list[int]) -> None:
    polls = [
        {
            "store_id": f"over-http-{n}",
            "status": "active",
            "timestamp_utc": f"2023-01-01 00:{n // 60:02}:{n % 60:02} UTC",
        }
        for n in range(BATCH)
    ]
    body, connection = msgspec.json.encode(polls), http.client.HTTPConnection(urlsplit(url).netloc)
    while time.monotonic() < until:
        connection.request("POST", "/polls", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.client.ACCEPTED:
            raise BenchmarkError(f"POST /polls was answered with {answer.status}: {content[:200]!r}")
        accepted.append(BATCH)
    connection.close()


def _resident_mib(process: ManagedProcess) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) / 1024

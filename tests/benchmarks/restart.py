"""Restarts: from the start of the process until a poll that waited for it is in the table."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

from producers.publisher import open_publisher
from tests.benchmarks.contenders import DURABLE_WITHIN_S
from tests.benchmarks.figures import at_most, figure
from tests.benchmarks.kafka_view import KafkaView
from tests.benchmarks.live_polls import newest_micros, send_polls
from tests.benchmarks.measurements import Measurements
from tests.benchmarks.source import Source, source_of
from tests.benchmarks.workbench import Workbench
from tests.benchmarks.worker import running_worker

PREFIX = "restart-"

_MICROS_PER_MINUTE = 60_000_000
_KEPT, _REBUILT = "kept", "rebuilt"

_of_group = partial(figure, "restart")


def measure(bench: Workbench) -> Measurements:
    """The group's figures."""
    folder = bench.new_folder("restart")
    seconds: dict[str, list[float]] = {_KEPT: [], _REBUILT: []}
    with bench.broker("restart") as kafka, KafkaView(kafka.address.bootstrap) as view:
        bench.replay(bench.sample(bench.scale.restart_stores, bench.scale.days), kafka.address.bootstrap, PREFIX)
        store_id, micros = _catch_up(folder, source_of(kafka, view, PREFIX))
        for number in range(1, bench.scale.rounds + 1):
            for name, rounds in seconds.items():
                if name == _REBUILT:
                    shutil.rmtree(folder / "data")
                micros += _MICROS_PER_MINUTE
                asyncio.run(_send(source_of(kafka, view, PREFIX), store_id, micros))
                rounds.append(_restart(folder, source_of(kafka, view, PREFIX)))
                bench.say(f"directory {name} {number}: {rounds[-1]:.2f} s")
    return Measurements(
        {
            "restart_kept_s": _of_group("restart, directory kept", "s", seconds[_KEPT], at_most(4)),
            "restart_rebuilt_s": _of_group("restart, directory deleted", "s", seconds[_REBUILT], at_most(8)),
        }
    )


def _catch_up(folder: Path, source: Source) -> tuple[str, int]:
    """Let a worker take everything in; a store that it has, and the time of the newest poll in microseconds."""
    with running_worker(folder, source.partitions, _environment(source)) as worker:
        worker.durable_at(source.ends, DURABLE_WITHIN_S)
        contents = worker.contents()
        return contents[0].ids[0].decode(), newest_micros(contents)


def _restart(folder: Path, source: Source) -> float:
    """The seconds from the start of the process until it had its partitions and everything below the ends."""
    with running_worker(folder, source.partitions, _environment(source)) as worker:
        taken_in = worker.durable_at(source.ends, DURABLE_WITHIN_S)
        return max(taken_in, worker.assigned_at()) - worker.started


async def _send(source: Source, store_id: str, micros: int) -> None:
    async with open_publisher(source.brokers) as publisher:
        await send_polls(publisher, source.topic, [store_id], micros)
        await publisher.all_acknowledged()


def _environment(source: Source) -> dict[str, str]:
    return {"KAFKA_BROKERS": source.brokers, "TOPIC_PREFIX": source.prefix, "APP_ID": "restart"}

"""What goes wrong in the middle of a report: it is made all the same or has failed by name, and is never half there."""

import asyncio
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stream_app.settings import Settings
from stream_app.topics import ensure_topics
from tests import reference
from tests.support.api_place import PARTITIONS, Place, make_place
from tests.support.kafka import RunningKafka
from tests.support.replays import Replays
from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.waiting import comes_true, is_orphan_gone
from tests.support.worker_process import Worker

POLLS = [(f"{row:03}" + "x" * 250, "active", "2023-01-25 12:00:00 UTC") for row in range(300)]  # 80 KB
LIMIT_BYTES = 8192


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    """Tables of stores with long ids; the folder of reports is a disk of its own where that can be."""
    place = make_place(tmp_path, kafka)
    place.tables.write(POLLS)
    (tmp_path / "reports").mkdir()
    return place


def whole() -> bytes:
    return reference.report(POLLS, (), ())


def stopped_in_mid_write(place: Place, sidecar: Sidecar) -> tuple[str, bytes]:
    """A report that is being written and gets no further: its id, and what is there of it.

    A pipe stands where the unfinished file would: it takes 64 KB, less than the report has, and then nobody reads on.
    """
    process = sidecar.report_process()
    os.kill(process, signal.SIGSTOP)
    report_id = str(sidecar.http.post("/reports").json()["report_id"])
    part = place.folder / "reports" / f".{report_id}.csv.part"
    os.mkfifo(part)
    os.kill(process, signal.SIGCONT)
    with part.open("rb", buffering=0) as pipe:  # opens once the other end is, for writing
        begun = pipe.read(100)
        os.kill(process, signal.SIGSTOP)
    return report_id, begun


def test_killed_api_s_half_written_report_has_failed_and_is_gone_and_the_next_one_is_right(place: Place) -> None:
    with running_sidecar(place.environment) as first:
        assert first.becomes_ready()
        assert first.csv() == whole()
        report_process = first.report_process()
        report_id, begun = stopped_in_mid_write(place, first)
        state = first.get(f"/reports/{report_id}")["state"]
        first.process.kill()
        first.process.wait(10)
        left = sorted(path.name for path in (place.folder / "reports").glob(f"*{report_id}*"))
        (place.folder / "api.json").unlink()
    with running_sidecar(place.environment) as second:
        found = second.get(f"/reports/{report_id}")
        in_form_b = second.get(f"/get_report/{report_id}")
        after = sorted(path.name for path in (place.folder / "reports").glob(f"*{report_id}*"))
        again = second.csv()

    assert (state, begun) == ("Running", whole()[:100])
    assert is_orphan_gone(report_process)
    assert left == [f".{report_id}.csv.part", f"{report_id}.json"]
    assert (found["state"], found["code"], found["links"]["download"]) == ("Failed", "interrupted", None)
    assert (in_form_b["status"], in_form_b["url"]) == ("Failed", None)
    assert after == [f"{report_id}.json"]
    assert again == whole()


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk that can be full: a small one, or, where none may be mounted, a limit to what the process may write."""

    folder: Path
    is_mounted: bool

    @contextmanager
    def full(self, process: int) -> Iterator[None]:
        """Room for some metadata, and not for a report."""
        if not self.is_mounted:
            soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))
            yield
            resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))
            return
        ballast = self.folder / "ballast"
        free = os.statvfs(self.folder)
        ballast.write_bytes(b"x" * (free.f_bavail * free.f_bsize - LIMIT_BYTES))
        yield
        ballast.unlink()


@pytest.fixture
def disk(place: Place) -> Iterator[Disk]:
    folder = place.folder / "reports"
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    yield Disk(folder, is_mounted)
    if is_mounted:
        subprocess.run([*["umount", "--"], folder], check=True)


def test_full_disk_fails_the_report_by_name_and_the_next_one_is_right(place: Place, disk: Disk) -> None:
    with running_sidecar(place.environment) as sidecar:
        assert sidecar.becomes_ready()
        assert sidecar.csv() == whole()
        before = sorted(path.name for path in disk.folder.iterdir())
        with disk.full(sidecar.report_process()):
            report_id = sidecar.trigger()
            failed = sidecar.finished(report_id)
            meanwhile = sidecar.http.get("/stores/" + POLLS[0][0]).status_code
            left = sorted(path.name for path in disk.folder.iterdir() if path.name != "ballast")
        again = sidecar.csv()

    assert (failed["status"], failed["code"]) == ("Failed", "storage_failed")
    assert "No space left on device" in failed["reason"] or "File too large" in failed["reason"]
    assert meanwhile == 200
    assert left == sorted([*before, f"{report_id}.json"])
    assert again == whole()


@dataclass(frozen=True, slots=True)
class Parts:
    """Topics, a sample in two parts, and workers that end with the test."""

    folder: Path
    environment: dict[str, str]
    replays: Replays
    stack: ExitStack

    def worker(self) -> Worker:
        """The same one, begun anew."""
        return self.stack.enter_context(Worker("worker-1", self.folder, self.environment).ended_with_the_test())


@pytest.fixture
def parts(tmp_path: Path, kafka: RunningKafka) -> Iterator[Parts]:
    name = f"t{time.time_ns()}"
    named = {"TOPIC_PREFIX": f"{name}-", "APP_ID": name}
    brokers = kafka.address.bootstrap
    environment = api_environment(tmp_path, brokers, **named, DATA_DIRS=str(tmp_path / "worker-1"))
    asyncio.run(ensure_topics(Settings.model_validate(environment)))
    replays = Replays(tmp_path, {**named, "KAFKA_BROKERS": brokers}, parts=2)
    with ExitStack() as stack:
        yield Parts(tmp_path, environment, replays, stack)


def test_killed_worker_s_report_waits_for_the_next_one_and_is_right(parts: Parts) -> None:
    with running_sidecar(parts.environment) as sidecar:
        worker = parts.worker()
        first = parts.replays.send_next()
        before = sidecar.csv()
        worker.process.send_signal(signal.SIGSTOP)  # what is sent now is acknowledged, and not taken in
        second = parts.replays.send_next()
        report_id = sidecar.trigger()
        assert comes_true(lambda: sidecar.get(f"/reports/{report_id}")["state"] == "Running")
        worker.kill()
        while_away = sidecar.get(f"/get_report/{report_id}")["status"]
        parts.worker()
        answer = sidecar.finished(report_id)
        after = sidecar.http.get(answer["url"]).content

    assert before == first
    assert while_away == "Running"
    assert after == second != first


def test_killed_worker_s_report_fails_by_name_where_nobody_takes_over(parts: Parts) -> None:
    with running_sidecar({**parts.environment, "REPORT_WAIT": "2"}) as sidecar:
        worker = parts.worker()
        parts.replays.send_next()
        assert sidecar.becomes_ready(60)
        worker.process.send_signal(signal.SIGSTOP)
        parts.replays.send_next()
        report_id = sidecar.trigger()
        worker.kill()
        failed = sidecar.finished(report_id)

    topic = f"{parts.environment['TOPIC_PREFIX']}store-polls"
    assert (failed["status"], failed["code"]) == ("Failed", "partitions_lagging")
    assert all(f"partition {partition} at " in failed["reason"] for partition in range(PARTITIONS))
    assert failed["reason"].count(f"in {topic}") == PARTITIONS

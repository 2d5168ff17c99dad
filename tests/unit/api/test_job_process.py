"""The process of jobs: warm, replaced when it is killed, and never left behind."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api import job_process, report_job
from api.job_process import JobProcess, JobProcessDiedError, JobTimedOutError
from api.report_job import JobBehind, JobFailed, JobOutcome, JobRequest, JobResult
from api.report_request import ReportRequest
from tests.support.tables import Tables
from tests.support.waiting import comes_true, is_orphan_gone, process_exists

PARENT = """
import asyncio, sys, time
from pathlib import Path
from api.job_process import JobProcess
async def main():
    process = JobProcess("report", Path(sys.argv[1]), "INFO")
    await process.warm_up()
    print(process.pid, flush=True)
    time.sleep(60)
if __name__ == "__main__":
    asyncio.run(main())
"""
LOOP_IS_STUCK_S = 5.0  # not a matter of speed: a loop that waits for a stopped process waits for ever
POLLS = [("a", "active", "2023-01-25 12:00:00 UTC")]


@asynccontextmanager
async def report_process(folder: Path) -> AsyncIterator[JobProcess]:
    process = JobProcess("report", folder, "INFO")
    try:
        await process.warm_up()
        yield process
    finally:
        process.close()


def request(folder: Path, partitions: int = 2, ends: dict[str, int] | None = None) -> JobRequest:
    tables = Tables(folder / "tables", partitions)
    return JobRequest(
        tables=tuple((tables.path(partition),) for partition in range(partitions)),
        path=folder / "report.csv",
        ends=None if ends is None else (ends,) * partitions,
        report=ReportRequest(),
    )


def pid_of(process: JobProcess) -> int:
    assert process.pid is not None
    return process.pid


async def stopped_in_a_job(process: JobProcess, folder: Path) -> "asyncio.Task[JobOutcome]":
    """A job that will never end by itself."""
    os.kill(pid_of(process), signal.SIGSTOP)
    job = asyncio.create_task(process.run(report_job.run, request(folder, partitions=1)))
    await asyncio.sleep(0.1)
    return job


def test_report_is_written_by_another_process_that_stays_for_the_next(tmp_path: Path) -> None:
    Tables(tmp_path / "tables", 2).write(POLLS, positions={"polls": 5})

    async def twice() -> tuple[object, object, bool]:
        async with report_process(tmp_path) as process:
            pid = process.pid
            first = await process.run(report_job.run, request(tmp_path, ends={"polls": 5}))
            second = await process.run(report_job.run, request(tmp_path, ends={"polls": 5}))
            return first, second, pid == process.pid != os.getpid()

    first, second, is_same = asyncio.run(twice())

    assert isinstance(first, JobResult)
    assert isinstance(second, JobResult)
    assert is_same
    assert (first.stores, first.polls, first.positions) == (1, 1, ({"polls": 5}, {"polls": 5}))
    assert (first.sha256, first.bytes) == (second.sha256, (tmp_path / "report.csv").stat().st_size)


def test_progress_is_that_of_the_report_in_the_making_alone(tmp_path: Path) -> None:
    Tables(tmp_path / "tables", 2).write(POLLS)
    asked = request(tmp_path)

    async def shares() -> tuple[set[float], float, float]:
        async with report_process(tmp_path) as process:
            job, seen = asyncio.create_task(process.run(report_job.run, asked, about=asked.path)), set()
            while not job.done():
                seen.add(process.progress_of(asked.path))
                other = process.progress_of(tmp_path / "other.csv")
                await asyncio.sleep(0)
            return seen, other, process.progress_of(asked.path)

    seen, other, after = asyncio.run(shares())

    assert 0 < max(seen) < 1
    assert (other, after) == (0.0, 0.0)


def test_missing_partition_and_missing_polls_are_named(tmp_path: Path) -> None:
    Tables(tmp_path / "tables", 2).write(POLLS, positions={"polls": 5}, only=[0])

    async def outcome() -> object:
        async with report_process(tmp_path) as process:
            return await process.run(report_job.run, request(tmp_path, ends={"polls": 6}))

    behind = asyncio.run(outcome())

    assert isinstance(behind, JobBehind)
    assert [partition for partition, _ in behind.missing] == [1]
    assert [(lag.partition, lag.position, lag.end) for lag in behind.lagging] == [(0, 5, 6), (1, None, 6)]
    assert not (tmp_path / "report.csv").exists()


def test_unwritable_place_is_a_failure_by_name(tmp_path: Path) -> None:
    Tables(tmp_path / "tables", 1).write(POLLS)
    job = request(tmp_path / "tables" / "..", partitions=1)

    async def outcome() -> object:
        async with report_process(tmp_path) as process:
            return await process.run(
                report_job.run, JobRequest(job.tables, tmp_path / "no" / "folder" / "report.csv", None, ReportRequest())
            )

    failed = asyncio.run(outcome())

    assert isinstance(failed, JobFailed)
    assert failed.code == "storage_failed"


@pytest.mark.parametrize("is_busy", [True, False])
def test_killed_process_fails_its_job_by_name_and_the_next_job_gets_a_fresh_one(
    tmp_path: Path,
    is_busy: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    Tables(tmp_path / "tables", 1).write(POLLS)

    async def after_the_kill() -> object:
        async with report_process(tmp_path) as process:
            pid = pid_of(process)
            if is_busy:
                job = await stopped_in_a_job(process, tmp_path)
                os.kill(pid, signal.SIGKILL)
                with pytest.raises(JobProcessDiedError):
                    await job
            else:
                os.kill(pid, signal.SIGKILL)
                while pid in [child.pid for child in multiprocessing.active_children()]:
                    await asyncio.sleep(0.02)
            return await process.run(report_job.run, request(tmp_path, partitions=1))

    assert isinstance(asyncio.run(after_the_kill()), JobResult)


def test_process_is_gone_after_close_also_in_the_middle_of_a_job(tmp_path: Path) -> None:
    async def pid_of_closed() -> int:
        process = JobProcess("report", tmp_path, "INFO")
        await process.warm_up()
        pid = pid_of(process)
        job = await stopped_in_a_job(process, tmp_path)
        job.cancel()
        process.close()
        return pid

    assert not process_exists(asyncio.run(pid_of_closed()))


def test_process_dies_with_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(next(line for line in parent.stdout if line.strip().isdigit()))
    assert comes_true(lambda: process_exists(child))

    parent.kill()
    parent.wait(10)

    assert is_orphan_gone(child)


async def longest_silence(work: "Coroutine[Any, Any, object]") -> float:
    """Seconds that the event loop did not get on, while this was worked on."""
    clock, longest = asyncio.get_running_loop().time, 0.0
    task, last = asyncio.ensure_future(work), clock()
    while not task.done():
        await asyncio.sleep(0.01)
        last, longest = clock(), max(longest, clock() - last)
    await task
    return longest


async def stopped_while_it_starts(process: JobProcess) -> "tuple[asyncio.Task[None], int]":
    before = {child.pid for child in multiprocessing.active_children()}
    warming = asyncio.create_task(process.warm_up())
    while not (new := {child.pid for child in multiprocessing.active_children()} - before):
        await asyncio.sleep(0)
    (pid,) = new
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    return warming, pid


def test_process_that_is_stopped_while_it_starts_is_given_up_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tables(tmp_path / "tables", 1).write(POLLS)
    monkeypatch.setattr(job_process, "_START_TIMEOUT_S", 0.3)

    async def started() -> tuple[float, bool, object]:
        process = JobProcess("report", tmp_path, "INFO")
        warming, pid = await stopped_while_it_starts(process)
        silence = await longest_silence(asyncio.wait([warming]))
        assert isinstance(warming.exception(), JobTimedOutError)
        monkeypatch.undo()
        outcome = await process.run(report_job.run, request(tmp_path, partitions=1))
        await asyncio.to_thread(process.close)
        return silence, process_exists(pid), outcome

    silence, is_left, outcome = asyncio.run(started())

    assert silence < LOOP_IS_STUCK_S
    assert not is_left
    assert isinstance(outcome, JobResult)


@pytest.mark.parametrize("is_answered", [True, False])
def test_process_that_is_stopped_is_gone_after_its_job_is_cancelled_without_a_halt_of_the_loop(
    tmp_path: Path,
    is_answered: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    async def cancelled() -> tuple[float, bool]:
        process = JobProcess("report", tmp_path, "INFO")
        if is_answered:
            await process.warm_up()
            pid = pid_of(process)
            job: asyncio.Task[Any] = await stopped_in_a_job(process, tmp_path)
        else:
            job, pid = await stopped_while_it_starts(process)
        job.cancel()
        return await longest_silence(asyncio.wait([job])), process_exists(pid)

    silence, is_left = asyncio.run(cancelled())

    assert silence < LOOP_IS_STUCK_S
    assert not is_left


def test_process_that_is_stopped_while_it_starts_is_gone_after_close(tmp_path: Path) -> None:
    async def closed() -> tuple[float, bool]:
        process = JobProcess("report", tmp_path, "INFO")
        warming, pid = await stopped_while_it_starts(process)
        silence = await longest_silence(asyncio.to_thread(process.close))
        await asyncio.wait([warming])
        return silence, process_exists(pid)

    silence, is_left = asyncio.run(closed())

    assert silence < LOOP_IS_STUCK_S
    assert not is_left

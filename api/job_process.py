"""A process for work that would hold the event loop: kept warm, replaced when it dies, and never left behind."""

import asyncio
import ctypes
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeAlias, TypeVar

import structlog

from stream_app.errors import StoreMonitorError
from stream_app.logs import configure_logs

log = structlog.get_logger()

JOB_TIMEOUT_S = 600.0
_START_TIMEOUT_S = 60.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Not forked: a fork would inherit the locks of RocksDB's threads.
_SPAWN = multiprocessing.get_context("spawn")
_told_here: list[ctypes.c_double] = []  # in the child alone: what its parent reads the progress from

_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")

Tell: TypeAlias = Callable[[float], None]
"""Takes how much of a job is done, from 0 to 1."""
Job: TypeAlias = Callable[[_Request, Path, Tell], _Answer]
"""A module's function of what is asked for, of the child's own folder, and of a way to show the progress."""


class JobProcessError(StoreMonitorError):
    """A job's process ended, or had to be ended, before the answer was there."""


class JobProcessDiedError(JobProcessError):
    """The process was killed."""


class JobTimedOutError(JobProcessError):
    """The job took too long."""


@dataclass(frozen=True, slots=True)
class _Child:
    """One process, which can be killed from its first moment on, also while it is stopped or still imports.

    `process` is None where it was gone before it could be looked for.
    """

    pool: ProcessPoolExecutor
    process: BaseProcess | None
    folder: Path
    done: ctypes.c_double  # without a lock: a child that is stopped or killed in one would take the parent with it
    answered: "Future[int]"  # its process id, once it has imported what it needs

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def end(self) -> None:
        """Kill it, and return once it is gone and has left nothing; waits for the kernel, so not in the event loop."""
        if self.process is not None:
            self.process.kill()
        self.pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class JobProcess:
    """Runs one job at a time, from the main thread: a child's death signal is bound to the thread that started it.

    Each child has a folder of its own under `folder`, which begins with the process's `name`, for its secondaries.
    """

    def __init__(self, name: str, folder: Path, log_level: str) -> None:
        self._name = name
        self._base = folder
        self._log_level = log_level
        self._generation = 0
        self._child: _Child | None = None
        self._pid: int | None = None
        self._current: Hashable = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id, None until it has answered once."""
        return self._pid

    async def warm_up(self) -> None:
        """Start the child and let it import what it needs. Raises JobProcessError."""
        async with self._one_at_a_time:
            await self._started()

    async def run(self, job: Job[_Request, _Answer], request: _Request, about: Hashable = None) -> _Answer:
        """The job's answer, which has to be picklable. Raises JobProcessError; the next job then gets a fresh child.

        `about` is what progress_of() knows the job by. One that is cancelled has written its last when this ends: its
        child goes with it.
        """
        async with self._one_at_a_time:
            child = await self._started()
            child.done.value = 0.0
            self._current = about
            try:
                async with self._ended_on_failure(JOB_TIMEOUT_S):
                    return await asyncio.wrap_future(child.pool.submit(_run, job, request, child.folder))
            finally:
                self._current = None

    def progress_of(self, about: Hashable) -> float:
        """How much of the job about this is done, from 0 to 1; 0 where it isn't running."""
        return self._child.done.value if self._child is not None and about == self._current else 0.0

    def close(self) -> None:
        """End the child, whatever it is doing, and wait until it is gone."""
        child, self._child, self._pid = self._child, None, None
        if child is not None:
            child.end()

    async def _started(self) -> _Child:
        """The child, once it has answered."""
        if self._child is not None and not self._child.is_alive:
            await self._end()
        if self._child is None:
            self._generation += 1
            self._child = self._new_child()
        if self._pid is None:
            async with self._ended_on_failure(_START_TIMEOUT_S):
                self._pid = await asyncio.wrap_future(self._child.answered)
            log.info("job_process.started", process=self._name, pid=self._pid)
        return self._child

    def _new_child(self) -> _Child:
        try:
            return _start(self._log_level, self._base / f"{self._name}-{self._generation}")
        except OSError as error:
            raise JobProcessDiedError(f"the {self._name} process can't be started: {error}") from error

    @asynccontextmanager
    async def _ended_on_failure(self, timeout_s: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(timeout_s):
                yield
        except BrokenProcessPool as error:
            await self._end()
            raise JobProcessDiedError(f"the {self._name} process was killed") from error
        except asyncio.CancelledError:
            await self._end()
            raise
        except TimeoutError as error:
            await self._end()
            raise JobTimedOutError(f"the {self._name} process had no answer after {timeout_s:g} s") from error

    async def _end(self) -> None:
        """Let the next job have a fresh child. The event loop goes on while this one dies, whoever is cancelled."""
        log.warning("job_process.replaced", process=self._name, pid=self._pid)
        child, self._child, self._pid = self._child, None, None
        if child is not None:
            await asyncio.shield(asyncio.to_thread(child.end))


def _start(log_level: str, folder: Path) -> _Child:
    """A child that begins to import; started from this thread, whose end is its own."""
    done = _SPAWN.RawValue(ctypes.c_double, 0.0)
    pool = ProcessPoolExecutor(1, mp_context=_SPAWN, initializer=_begin, initargs=(os.getpid(), log_level, done))
    before = {process.pid for process in multiprocessing.active_children()}
    answered = pool.submit(os.getpid)
    new = (process for process in multiprocessing.active_children() if process.pid not in before)
    return _Child(pool, next(new, None), folder, done, answered)


def _begin(parent_pid: int, log_level: str, done: ctypes.c_double) -> None:
    """In the child: die with the parent, also where that is killed, and leave Ctrl-C to it."""
    _told_here.append(done)
    configure_logs(log_level)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:  # it ended before the signal was asked for
        os._exit(0)  # sys.exit() would be reported as the initializer's failure


def _run(job: Job[_Request, _Answer], request: _Request, folder: Path) -> _Answer:
    """In the child: the job, with its progress shown to the parent."""
    return job(request, folder, _tell)


def _tell(share: float) -> None:
    for done in _told_here:
        done.value = share

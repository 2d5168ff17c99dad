"""A process for work that would hold the event loop: kept warm, replaced when it dies, and never left behind."""

import asyncio
import ctypes
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import ParamSpec, TypeAlias, TypeVar

import structlog

from stream_app.errors import StoreMonitorError
from stream_app.logs import configure_logs

log = structlog.get_logger()

JOB_TIMEOUT_S = 600.0
_START_TIMEOUT_S = 60.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Not forked: a fork would inherit the locks of RocksDB's threads.
_SPAWN = multiprocessing.get_context("spawn")
_told_here: "list[Synchronized[float]]" = []  # in the child alone: what its parent reads the progress from

_Arguments = ParamSpec("_Arguments")
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


class JobProcess:
    """Runs one job at a time, from the main thread: a child's death signal is bound to the thread that started it.

    Each child has a folder of its own under `folder`, which begins with the process's `name`, for its secondaries.
    """

    def __init__(self, name: str, folder: Path, log_level: str) -> None:
        self._name = name
        self._base = folder
        self._log_level = log_level
        self._generation = 0
        self._done = _SPAWN.Value("d", 0.0)
        self._pool = _new_pool(log_level, self._done)
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
            await self._start()

    async def run(self, job: Job[_Request, _Answer], request: _Request, about: Hashable = None) -> _Answer:
        """The job's answer, which has to be picklable. Raises JobProcessError; the next job then gets a fresh child.

        `about` is what progress_of() knows the job by. One that is cancelled has written its last when this ends: its
        child goes with it.
        """
        async with self._one_at_a_time:
            await self._start()
            self._done.value = 0.0
            self._current = about
            try:
                with self._replaced_on_failure(JOB_TIMEOUT_S):
                    async with asyncio.timeout(JOB_TIMEOUT_S):
                        return await self._submit(_run, job, request, self._folder)
            finally:
                self._current = None

    def progress_of(self, about: Hashable) -> float:
        """How much of the job about this is done, from 0 to 1; 0 where it isn't running."""
        return self._done.value if about == self._current else 0.0

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if (child := self._child()) is not None:
            child.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _start(self) -> None:
        if self._pid is not None and self._child() is None:
            self._replace()
        if self._pid is None:
            with self._replaced_on_failure(_START_TIMEOUT_S):
                async with asyncio.timeout(_START_TIMEOUT_S):
                    self._pid = await self._submit(os.getpid)
            log.info("job_process.started", process=self._name, pid=self._pid)

    def _submit(
        self, job: Callable[_Arguments, _Answer], *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> asyncio.Future[_Answer]:
        return asyncio.wrap_future(self._pool.submit(job, *args, **kwargs))

    @contextmanager
    def _replaced_on_failure(self, timeout_s: float) -> Iterator[None]:
        try:
            yield
        except BrokenProcessPool as error:
            self._replace()
            raise JobProcessDiedError(f"the {self._name} process was killed") from error
        except asyncio.CancelledError:
            self._replace()
            raise
        except TimeoutError as error:
            self._replace()
            raise JobTimedOutError(f"the {self._name} process had no answer after {timeout_s:g} s") from error

    def _replace(self) -> None:
        log.warning("job_process.replaced", process=self._name, pid=self._pid)
        self.close()
        self._pid = None
        self._generation += 1
        self._done = _SPAWN.Value("d", 0.0)  # the killed child may have held the other one's lock
        self._pool = _new_pool(self._log_level, self._done)

    def _child(self) -> BaseProcess | None:
        return next((child for child in multiprocessing.active_children() if child.pid == self._pid), None)

    @property
    def _folder(self) -> Path:
        return self._base / f"{self._name}-{self._generation}"


def _new_pool(log_level: str, done: "Synchronized[float]") -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=_SPAWN, initializer=_begin, initargs=(os.getpid(), log_level, done))


def _begin(parent_pid: int, log_level: str, done: "Synchronized[float]") -> None:
    """In the child: die with the parent, also where that is killed, and leave Ctrl-C to it."""
    _told_here.append(done)
    configure_logs(log_level)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent_pid:  # it ended before the signal was asked for
        sys.exit()


def _run(job: Job[_Request, _Answer], request: _Request, folder: Path) -> _Answer:
    """In the child: the job, with its progress shown to the parent."""
    return job(request, folder, _tell)


def _tell(share: float) -> None:
    for done in _told_here:
        done.value = share

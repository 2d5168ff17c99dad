"""How one report is made: the topics' ends are taken, the tables reach them, the report process computes."""

import asyncio
from pathlib import Path

import structlog

from api import report_job
from api.catch_up import CatchUp
from api.job_process import JobProcess, JobProcessDiedError, JobTimedOutError
from api.kafka_ends import EndsUnknownError, KafkaEnds, TopicsUnusableError, known_transactions
from api.lag import Offsets
from api.replaced_topics import never_usable, replaced_topics
from api.report_job import JobBehind, JobFailed, JobOutcome, JobRequest, JobResult
from api.report_request import ReportRequest
from stream_app.errors import StoreMonitorError
from stream_app.given_up import read_given_up
from stream_app.log_ends import told
from stream_app.settings import Settings
from stream_app.topic_ids import TopicIds

log = structlog.get_logger()

_RETRY_S = 0.02
_KAFKA_RETRY_S = 0.25
_KAFKA_ANSWERS_WITHIN_S = 1.5


class ReportFailedError(StoreMonitorError):
    """A report can't be made; the code is stable, the message says why."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


class ReportMaking:
    """What every report goes through; nothing is kept from one to the next."""

    def __init__(self, settings: Settings, kafka: KafkaEnds, tables: CatchUp, process: JobProcess) -> None:
        self._settings = settings
        self._kafka = kafka
        self._tables = tables
        self._process = process

    async def make(self, path: Path, request: ReportRequest) -> tuple[JobResult, Offsets | None, dict[str, float]]:
        """The report at `path`; the result, the ends it had to reach, and the milliseconds each step took.

        Waits at most REPORT_WAIT for Kafka and the tables together. Raises ReportFailedError.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        deadline = started + self._settings.report_wait_s
        ends = await self._end_offsets(deadline, allow_stale=request.allow_stale)
        ids = self._kafka.topic_ids
        ends_ms = (clock() - started) * 1000
        while True:
            self._refuse_replaced(ids)
            await self._wait_until_reached(ends, deadline, allow_stale=request.allow_stale)
            waited_ms = (clock() - started) * 1000 - ends_ms
            outcome = await self._job(JobRequest(self._table_paths(ends), path, ends, request, ids))
            if isinstance(outcome, JobResult):
                return outcome, ends, {"end_offsets": round(ends_ms, 1), "wait": round(waited_ms, 1), **outcome.ms}
            if isinstance(outcome, JobFailed):
                raise ReportFailedError(outcome.code, outcome.reason)
            if clock() >= deadline:
                raise await self._too_far_behind(outcome, ends)
            await asyncio.sleep(_RETRY_S)

    def progress_of(self, path: Path) -> float:
        """How much of the report at `path` is done, from 0 to 1."""
        return self._process.progress_of(path)

    async def _end_offsets(self, deadline: float, *, allow_stale: bool) -> Offsets | None:
        """The topics' ends; None where Kafka stays away and the caller allowed stale figures."""
        clock = asyncio.get_running_loop().time
        while True:
            try:
                return await self._kafka.end_offsets(max(deadline - clock(), _RETRY_S))
            except EndsUnknownError as error:
                self._has_no_worker(allow_stale=allow_stale)
                if clock() + 2 * _KAFKA_RETRY_S < deadline:  # a last try without time would hide what is wrong
                    await asyncio.sleep(_KAFKA_RETRY_S)
                elif allow_stale and self._tables.readers and not isinstance(error, TopicsUnusableError):
                    return None
                else:
                    raise ReportFailedError(error.code, str(error)) from error

    def _refuse_replaced(self, ids: TopicIds) -> None:
        """Fail at once where the tables are of other topics than the ends: only a changelog is ever written again."""
        if replaced := never_usable(replaced_topics(self._tables.metas, ids)):
            raise ReportFailedError(TopicsUnusableError.code, "; ".join(map(str, replaced)))

    async def _wait_until_reached(self, ends: Offsets | None, deadline: float, *, allow_stale: bool) -> None:
        """Return when the tables hold everything below the ends, or at the deadline: the job looks for itself."""
        try:
            async with asyncio.timeout_at(deadline):
                while not self._has_reached(ends) and not self._has_no_worker(allow_stale=allow_stale):
                    await asyncio.sleep(_RETRY_S)
                    await self._tables.now()
        except TimeoutError:
            log.warning("report.waited_in_vain", wait_s=self._settings.report_wait_s)

    def _has_no_worker(self, *, allow_stale: bool) -> bool:
        """Whether every worker is stopped for good, so that what is missing won't come however long one waits.

        Raises ReportFailedError where stale figures were not allowed.
        """
        stopped = read_given_up(self._settings.given_up_file)
        is_so = len(stopped) >= len(self._settings.data_dirs or (self._settings.data_dir,))
        if is_so and not allow_stale:
            raise ReportFailedError("worker_stopped", "; ".join(map(str, stopped)))
        return is_so

    def _has_reached(self, ends: Offsets | None) -> bool:
        if ends is None:
            return all(meta is not None for meta in self._tables.metas)
        return all(lag.is_reached for lag in self._tables.lags(ends))

    def _table_paths(self, ends: Offsets | None) -> tuple[tuple[Path, ...], ...]:
        count = len(self._tables.readers) if ends is None else len(ends)
        return tuple(self._settings.table_paths(partition) for partition in range(count))

    async def _job(self, request: JobRequest) -> JobOutcome:
        try:
            return await self._process.run(report_job.run, request, about=request.path)
        except JobProcessDiedError as error:
            raise ReportFailedError("report_process_died", str(error)) from error
        except JobTimedOutError as error:
            raise ReportFailedError("report_timed_out", str(error)) from error

    async def _too_far_behind(self, behind: JobBehind, ends: Offsets | None) -> ReportFailedError:
        wait_s = self._settings.report_wait_s
        if behind.replaced:
            return ReportFailedError(TopicsUnusableError.code, "; ".join(behind.replaced))
        stopped = read_given_up(self._settings.given_up_file)
        if behind.missing:
            without = "; ".join(f"partition {partition}: {problem}" for partition, problem in behind.missing)
            return ReportFailedError("database_missing", f"no database to read after {wait_s:g} s: {without}")
        problems = self._tables.problems_of({lag.partition for lag in behind.lagging})
        transactions = [] if ends is None else await known_transactions(self._kafka, ends, _KAFKA_ANSWERS_WITHIN_S)
        is_all_held_back = all(any(lag.is_held_back_by(one) for one in transactions) for lag in behind.lagging)
        code = "transaction_open" if is_all_held_back else "partitions_lagging"
        lagging = "; ".join([*map(str, behind.lagging), *problems, *told(transactions), *map(str, stopped)])
        return ReportFailedError(code, f"not every poll was taken in after {wait_s:g} s: {lagging}")

"""How a finished report gets into its store: again and again, for a while."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from api.report_making import ReportFailedError
from api.report_storage import ReportMetadata
from api.report_store import ReportStore, ReportStoreError

log = structlog.get_logger()

ATTEMPTS = 6
LONGEST_PAUSE_S = 16.0  # the pauses are random, up to 1, 2, 4, 8 and 16 s
_AT_ONCE = 4


class ReportKeeping:
    """Some at a time; `sleep` waits for seconds."""

    def __init__(self, store: ReportStore, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._store = store
        self._sleep = sleep
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def keep(self, report: ReportMetadata) -> None:
        """Return when the store has it. Raises ReportFailedError (`upload_failed`) once it was tried often enough."""
        attempts = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=1, max=LONGEST_PAUSE_S),
            retry=retry_if_exception(_may_pass),
            before_sleep=lambda attempt: _log(report, attempt),
            reraise=True,
        )
        async with self._turn:
            try:
                await attempts(self._store.keep, report)
            except ReportStoreError as error:
                raise ReportFailedError("upload_failed", f"it could not be uploaded: {error}") from error


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ReportStoreError) and not error.is_refusal


def _log(report: ReportMetadata, attempt: RetryCallState) -> None:
    reason = attempt.outcome and attempt.outcome.exception()
    log.warning(
        "report.not_uploaded_yet", report_id=report.report_id, attempt=attempt.attempt_number, reason=str(reason)
    )

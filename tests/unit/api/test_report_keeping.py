"""How often an upload is tried, and when it is given up."""

import asyncio
from dataclasses import dataclass, field

import pytest

from api.report_keeping import ATTEMPTS, LONGEST_PAUSE_S, ReportKeeping
from api.report_making import ReportFailedError
from api.report_storage import ReportMetadata, ReportState
from api.report_store import ReportStoreError

REPORT = ReportMetadata(
    report_id="1", state=ReportState.RUNNING, triggered_at="", requested_as_of=None, allow_stale=False
)


@dataclass(slots=True)
class FailingStore:
    """Fails some times, then keeps."""

    failures: int
    is_refusal: bool = False
    address: str | None = "s3://reports"
    attempts: int = 0
    pauses: list[float] = field(default_factory=list)

    async def keep(self, report: ReportMetadata) -> None:
        assert report is REPORT
        self.attempts += 1
        if self.attempts <= self.failures:
            raise ReportStoreError("s3://reports", f"failure {self.attempts}", is_refusal=self.is_refusal)

    async def link(self, report: ReportMetadata) -> str | None:
        raise NotImplementedError

    async def fetch(self, report: ReportMetadata) -> None:
        raise NotImplementedError

    async def remove(self, report: ReportMetadata) -> None:
        raise NotImplementedError

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)


def kept(store: FailingStore) -> None:
    async def keep() -> None:
        await ReportKeeping(store, store.sleep).keep(REPORT)

    asyncio.run(keep())


def test_upload_that_fails_is_tried_again_after_pauses_that_may_double() -> None:
    store = FailingStore(failures=ATTEMPTS - 1)
    kept(store)

    assert store.attempts == ATTEMPTS
    assert len(store.pauses) == ATTEMPTS - 1
    assert all(0 <= pause <= min(2**number, LONGEST_PAUSE_S) for number, pause in enumerate(store.pauses))


def test_pauses_are_random_so_that_many_do_not_come_back_at_once() -> None:
    stores = [FailingStore(failures=ATTEMPTS - 1) for _ in range(5)]
    for store in stores:
        kept(store)

    assert len({tuple(store.pauses) for store in stores}) == len(stores)


def test_upload_is_given_up_by_name_after_some_attempts() -> None:
    store = FailingStore(failures=ATTEMPTS)

    with pytest.raises(ReportFailedError, match=f"s3://reports: failure {ATTEMPTS}") as given_up:
        kept(store)
    assert given_up.value.code == "upload_failed"
    assert store.attempts == ATTEMPTS


def test_refusal_is_not_tried_again() -> None:
    store = FailingStore(failures=1, is_refusal=True)

    with pytest.raises(ReportFailedError):
        kept(store)
    assert (store.attempts, store.pauses) == (1, [])

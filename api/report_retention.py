"""Which finished reports are to be removed: those past their time, and the least recently used past the room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from api.report_storage import ReportMetadata


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A finished report; `used_at` is when its file was made or last downloaded, None without a file."""

    report: ReportMetadata
    finished_at: datetime
    used_at: datetime | None

    @property
    def bytes(self) -> int:
        """The room it takes."""
        return 0 if self.used_at is None else self.report.bytes or 0

    @property
    def last_at(self) -> datetime:
        """When it was last of use."""
        return max(self.finished_at, self.used_at or self.finished_at)


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long finished reports are kept, and how many bytes of them."""

    keep: timedelta
    max_bytes: int

    def outdated(self, kept: Iterable[KeptReport], now: datetime) -> list[ReportMetadata]:
        """Those to remove at `now`; the one used last stays whatever its size, else it could never be downloaded."""
        found = list(kept)
        old = [each for each in found if now - each.finished_at >= self.keep]
        young = [each for each in found if now - each.finished_at < self.keep]
        newest_first = sorted((each for each in young if each.bytes), key=lambda each: each.last_at, reverse=True)
        totals = accumulate(each.bytes for each in newest_first)
        too_much = [each for each, total in zip(newest_first, totals, strict=True) if total > self.max_bytes]
        return [each.report for each in [*old, *(each for each in too_much if each is not newest_first[0])]]

"""The metadata of every report, in memory."""

from collections.abc import Sequence

from api.report_records import Origin
from api.report_storage import ReportMetadata
from stream_app.errors import StoreMonitorError


class IdempotencyKeyReusedError(StoreMonitorError):
    """The Idempotency-Key came with another body before."""

    def __init__(self, key: str, report_id: str) -> None:
        self.key = key
        self.report_id = report_id
        super().__init__(f"the Idempotency-Key {key!r} was used for report {report_id}, with another body")


class KnownReports:
    """Found by id, and by the idempotency key that they were triggered with."""

    def __init__(self) -> None:
        self._by_id: dict[str, ReportMetadata] = {}
        self._by_key: dict[str, str] = {}

    def find(self, report_id: str) -> ReportMetadata | None:
        """The report, None where there is none of this id."""
        return self._by_id.get(report_id)

    def newest_first(self) -> Sequence[ReportMetadata]:
        """All of them."""
        return sorted(self._by_id.values(), key=lambda report: (report.triggered_at, report.report_id), reverse=True)

    def put(self, report: ReportMetadata) -> None:
        """Know it, or know it anew."""
        self._by_id[report.report_id] = report
        if report.idempotency_key is not None:
            self._by_key[report.idempotency_key] = report.report_id

    def forget(self, report: ReportMetadata) -> None:
        """Know it no longer."""
        del self._by_id[report.report_id]
        if report.idempotency_key is not None:
            del self._by_key[report.idempotency_key]

    def begun(self, origin: Origin) -> ReportMetadata | None:
        """The report of this origin's idempotency key; raises IdempotencyKeyReusedError."""
        key = origin.idempotency_key
        if key is None or key not in self._by_key:
            return None
        begun = self._by_id[self._by_key[key]]
        if begun.body_sha256 != origin.body_sha256:
            raise IdempotencyKeyReusedError(key, begun.report_id)
        return begun

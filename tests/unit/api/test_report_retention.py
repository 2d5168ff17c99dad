"""Which finished reports go: the old ones, and the least recently used past the room."""

from datetime import UTC, datetime, timedelta

from api.report_retention import KeptReport, Retention
from api.report_storage import ReportMetadata, ReportState

NOW = datetime(2023, 1, 25, 12, tzinfo=UTC)
WEEK = Retention(timedelta(days=7), 100)


def kept(name: str, size: int | None, finished: timedelta, used: timedelta | None = None) -> KeptReport:
    metadata = ReportMetadata(
        report_id=name,
        state=ReportState.COMPLETE if size is not None else ReportState.FAILED,
        triggered_at="",
        requested_as_of=None,
        allow_stale=False,
        bytes=size,
    )
    used_at = None if size is None else NOW - (finished if used is None else used)
    return KeptReport(metadata, NOW - finished, used_at)


def outdated(*reports: KeptReport, retention: Retention = WEEK) -> list[str]:
    return [report.report_id for report in retention.outdated(reports, NOW)]


def test_report_goes_when_its_time_is_over_and_not_a_moment_before() -> None:
    week, moment = timedelta(days=7), timedelta(microseconds=1)

    assert outdated(kept("old", 1, week), kept("failed", None, week), kept("young", 1, week - moment)) == [
        "old",
        "failed",
    ]


def test_use_does_not_lengthen_the_time() -> None:
    assert outdated(kept("old", 1, timedelta(days=8), used=timedelta(0))) == ["old"]


def test_least_recently_used_go_until_the_rest_has_room() -> None:
    hour = timedelta(hours=1)

    assert outdated(
        kept("used", 60, 5 * hour, used=hour), kept("idle", 50, 3 * hour), kept("newest", 40, 0 * hour)
    ) == ["idle"]


def test_what_failed_takes_no_room() -> None:
    hour = timedelta(hours=1)

    assert outdated(kept("failed", None, 2 * hour), kept("full", 100, hour)) == []


def test_only_report_stays_however_large_it_is() -> None:
    assert outdated(kept("huge", 101, timedelta(0)), kept("before", 1, timedelta(hours=1))) == ["before"]

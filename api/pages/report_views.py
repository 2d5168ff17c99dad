"""What the pages of reports show."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from api.pages.wording import NOTHING, Moment, count, duration, moment_of, size
from api.report_request import CustomRange, Format
from api.report_storage import ReportMetadata, ReportState
from api.report_views import range_view

PREVIEW_ROWS = 10

_REMEDIES = {
    "partitions_lagging": "Wait until the service has caught up, or ask for it “Even where the figures are behind”.",
    "transaction_open": "See who has the transaction open (kafka-transactions.sh), and ask again when it has ended; "
    "or ask for it “Even where the figures are behind”.",
    "worker_stopped": "Mend what the reason names, then start the service again.",
    "kafka_unavailable": "See whether the broker runs, then ask again.",
    "topics_unusable": "Kafka's topics were changed or made anew below the tables: the reason says what to do.",
    "database_missing": "See whether the worker runs, and whether DATA_DIRS names its folder; then ask again.",
    "state_unreadable": "See the worker's log: a database that can't be read is rebuilt when the worker starts.",
    "no_polls": "Send polls first, or give a time.",
    "as_of_not_retained": "Choose a later time: older polls are no longer kept (RETENTION_DAYS).",
    "storage_failed": "See whether the disk is full, and whether the reports' folder can be written to.",
    "interrupted": "Ask again: the API was stopped in the middle of it.",
    "report_process_died": "Ask again. Where it happens twice, see the API's log, and whether memory is short.",
    "cancelled": "Ask again where it is wanted after all.",
}
_ASK_AGAIN = "Ask again. Where it happens twice, see the API's log."
_MILLIS_PER_SECOND = 1000


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in the list."""

    report_id: str
    url: str
    state: str
    progress: int
    is_unfinished: bool
    triggered: Moment
    as_of: Moment | None
    about: str
    reason: str | None
    stores: str
    size: str
    took: str
    download_url: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a report's file."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report; `code` and `remedy` where it failed."""

    row: ReportRow
    facts: list[tuple[str, str]]
    steps: list[tuple[str, str]]
    code: str | None
    remedy: str
    preview: Preview | None
    fragment_url: str
    events_url: str


def report_row(report: ReportMetadata, progress: float) -> ReportRow:
    """The report with how much of it is done, from 0 to 1."""
    is_complete = report.state is ReportState.COMPLETE
    return ReportRow(
        report_id=report.report_id,
        url=f"/ui/reports/{report.report_id}",
        state=report.state.value,
        progress=round(100 * progress),
        is_unfinished=report.is_unfinished,
        triggered=moment_of(report.triggered_at),
        as_of=None if report.as_of is None else moment_of(report.as_of),
        about=_about(report),
        reason=report.reason,
        stores=NOTHING if report.stores is None else f"{report.stores:,}",
        size=NOTHING if report.bytes is None else size(report.bytes),
        took=NOTHING if not report.ms else _time_taken(sum(report.ms.values())),
        download_url=f"/reports/{report.report_id}/download" if is_complete else None,
    )


def report_page(report: ReportMetadata, progress: float, preview: Preview | None) -> ReportPage:
    """Everything about one report."""
    failed = report.state in {ReportState.FAILED, ReportState.CANCELLED}
    return ReportPage(
        row=report_row(report, progress),
        facts=_facts(report),
        steps=[(name.replace("_", " "), _time_taken(millis)) for name, millis in report.ms.items()],
        code=report.code,
        remedy=_REMEDIES.get(report.code or "", _ASK_AGAIN) if failed else "",
        preview=preview,
        fragment_url=f"/ui/reports/{report.report_id}?part=live",
        events_url=f"/reports/{report.report_id}/events",
    )


def read_preview(path: Path, file_format: Format) -> Preview:
    """The first rows of a finished report; raises OSError where its file is gone."""
    with path.open(encoding="utf-8", newline="") as file:
        if file_format is Format.CSV:
            columns, *rows = [*islice(csv.reader(file), PREVIEW_ROWS + 1)] or [[]]
            return Preview(columns, rows)
        records = [json.loads(line) for line in islice(file, PREVIEW_ROWS)]
    return Preview(
        list(records[0]) if records else [],
        [["" if cell is None else str(cell) for cell in record.values()] for record in records],
    )


def _about(report: ReportMetadata) -> str:
    """What was asked for, as far as it isn't the usual."""
    selection = report.selection
    asked = [
        report.policy,
        None if report.range is None else _range_text(report.range),
        f"{report.windows} windows" if report.windows else None,
        f"{report.columns} columns" if report.columns != "default" else None,
        "JSON Lines" if report.format is Format.JSON_LINES else "CSV",
        None if selection.ids is None else count(len(selection.ids), "store"),
        f"ids with {selection.text}" if selection.text else None,
        selection.zone,
    ]
    return ", ".join(part for part in asked if part)


def _facts(report: ReportMetadata) -> list[tuple[str, str]]:
    asked = report.requested_as_of
    found = [
        ("Time asked for", "the newest poll" if asked is None else moment_of(asked).text),
        ("Polls counted", None if report.polls is None else f"{report.polls:,}"),
        ("First and last of them", _poll_range(report)),
        ("Calendars counted", None if report.calendars is None else f"{report.calendars:,}"),
        ("SHA-256", report.sha256),
    ]
    return [(name, value) for name, value in found if value is not None]


def _poll_range(report: ReportMetadata) -> str | None:
    if report.first_poll is None or report.last_poll is None:
        return None
    return f"{moment_of(report.first_poll).text} to {moment_of(report.last_poll).text}"


def _range_text(given: CustomRange) -> str:
    view = range_view(given)
    return f"{view.first} to {view.end}"


def _time_taken(millis: float) -> str:
    if millis < _MILLIS_PER_SECOND:
        return f"{round(millis)} ms"
    seconds = millis / _MILLIS_PER_SECOND
    return f"{seconds:.1f} s" if seconds < 60 else duration(round(seconds / 60))  # noqa: PLR2004 - a minute

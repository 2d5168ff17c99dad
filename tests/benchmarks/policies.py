"""A report of many stores under each policy: seconds from stored values to the table of columns.

python -m tests.benchmarks.policies [STORES]
"""

import sys
import time

import numpy as np

from api.fleet_report import fleet_report
from api.partition_content import PartitionContent
from api.report_request import Columns, ReportRequest
from stream_app.codec import store_values, table
from stream_app.domain import store_state
from stream_app.domain.business_hours import open_runs
from stream_app.domain.policy import POLICIES
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours

DAYS = 8
POLLS_A_DAY = 24
RETENTION_DAYS = 16
NEWEST = 1_710_417_600_000_000  # 2024-03-14T12:00:00Z, in microseconds
ZONES = ("America/Chicago", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "America/Phoenix")
SEED = 1


def main(count: int) -> None:
    content = sample_content(count)
    print(f"{count} stores, {DAYS} days, {POLLS_A_DAY} polls a day; seconds of a report, best of 3")
    for name in POLICIES:
        times = {
            columns.value: min(seconds(content, ReportRequest(policy=name, columns=columns)) for _ in range(3))
            for columns in Columns
        }
        print(f"{name:12} default {times['default']:.2f}  extended {times['extended']:.2f}")


def seconds(content: PartitionContent, request: ReportRequest) -> float:
    started = time.perf_counter()
    fleet_report([content], request, NEWEST)
    return time.perf_counter() - started


def sample_content(count: int) -> PartitionContent:
    rng = np.random.default_rng(SEED)
    retained = store_state.retained_range(NEWEST, RETENTION_DAYS)
    rows = np.repeat(np.arange(count), DAYS * POLLS_A_DAY)
    age = rng.integers(0, DAYS * 86_400_000_000, len(rows))
    inactive = (rng.random(len(rows)) < 0.08).astype(np.int64)
    states = store_state.fold(store_state.no_polls(count, retained), rows, (NEWEST - age) * 2 + inactive)
    calendars = [
        StoreCalendar(
            ZONES[row % len(ZONES)], tuple(WeeklyHours(day, 480 + row % 240, 1200 + row % 180) for day in range(7))
        )
        for row in range(count)
    ]
    is_open = open_runs(calendars, *retained)
    values = store_values.encode_states(
        states, store_state.buckets(store_state.active_runs(states, retained.end), is_open)
    )
    ids = [f"{row:019}".encode() for row in range(count)]
    meta = table.PartitionMeta({}, NEWEST, retained.first)
    return PartitionContent(meta, ids, values, dict(zip(ids, map(table.encode_calendar, calendars), strict=True)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 14_000)

"""The report by DuckDB, as one would write it there: a few common table expressions and an as-of join.

python -m tests.benchmarks.rivals.duckdb_report SAMPLE_DIR AS_OF OUT

It counts as the one by Polars does: on a store's axis of open minutes.
"""

import sys
from datetime import datetime
from pathlib import Path

import duckdb

from tests.benchmarks.rivals.offset_periods import offset_periods
from tests.benchmarks.rivals.report_timing import COLUMNS, DEFAULT_ZONE, REACH, WINDOWS, time_both

_FILES = "read_csv('{}', header = true, all_varchar = true)"

_LOAD = """
CREATE TABLE polls AS
    SELECT trim(store_id) AS store_id, trim(status) = 'inactive' AS inactive,
           CAST(left(timestamp_utc, -4) AS TIMESTAMP) AS instant
    FROM {polls};
CREATE TABLE hours AS
    WITH parsed AS (
        SELECT trim(store_id) AS store_id, CAST(day AS INTEGER) AS day,
               CAST(split_part(start_time_local, ':', 1) AS INTEGER) * 60
                   + CAST(split_part(start_time_local, ':', 2) AS INTEGER) AS first,
               CAST(split_part(end_time_local, ':', 1) AS INTEGER) * 60
                   + CAST(split_part(end_time_local, ':', 2) AS INTEGER)
                   + (CASE WHEN split_part(end_time_local, ':', 3) IN ('', '00') THEN 0 ELSE 1 END) AS last
        FROM {hours}
    ), whole AS (SELECT store_id, day, first, CASE last WHEN 0 THEN 1440 ELSE last END AS last FROM parsed)
    SELECT store_id, day, first, last + (CASE WHEN last <= first THEN 1440 ELSE 0 END) AS last FROM whole;
CREATE TABLE zones AS
    SELECT trim(store_id) AS store_id, last(timezone_str) AS zone FROM {zones} GROUP BY trim(store_id);
"""

_REPORT = """
COPY (
    WITH stores AS (
        SELECT store_id, coalesce(zone, $default_zone) AS zone
        FROM (SELECT store_id FROM polls UNION SELECT store_id FROM hours UNION SELECT store_id FROM zones)
        LEFT JOIN zones USING (store_id)
    ), days AS (
        SELECT CAST(unnest(range($first_day, $end_day, INTERVAL 1 DAY)) AS TIMESTAMP) AS date
    ), spread AS (
        SELECT store_id,
               greatest(date + to_minutes(first - ahead), "from") AS start,
               least(date + to_minutes(last - ahead), until) AS "end"
        FROM hours JOIN stores USING (store_id) JOIN periods USING (zone) JOIN days ON isodow(date) - 1 = day
    ), every AS (
        SELECT store_id, start, "end" FROM spread WHERE start < "end"
        UNION ALL
        SELECT store_id, $first, $end FROM stores ANTI JOIN hours USING (store_id)
    ), marked AS (
        SELECT *, coalesce(start > max("end") OVER (
            PARTITION BY store_id ORDER BY start, "end" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), true) AS begins FROM every
    ), blocks AS (
        SELECT *, sum(begins::INTEGER) OVER (PARTITION BY store_id ORDER BY start, "end") AS block FROM marked
    ), merged AS (
        SELECT store_id, min(start) AS start, date_diff('minute', min(start), max("end")) AS length
        FROM blocks GROUP BY store_id, block
    ), is_open AS (
        SELECT *, sum(length) OVER (PARTITION BY store_id ORDER BY start) - length AS before FROM merged
    ), seen AS (
        SELECT store_id, date_trunc('minute', instant) AS instant, arg_max(inactive, (instant, inactive)) AS inactive
        FROM polls WHERE instant < $now GROUP BY store_id, date_trunc('minute', instant)
    ), edges AS (
        SELECT unnest([$hour, $day, $week, $now]) AS instant
    ), carried AS (
        SELECT store_id, instant, inactive FROM seen
        UNION ALL
        SELECT store_id, instant, NULL
        FROM (SELECT store_id, instant FROM stores CROSS JOIN edges) ANTI JOIN seen USING (store_id, instant)
    ), filled AS (
        SELECT store_id, instant, coalesce(last_value(inactive IGNORE NULLS) OVER (
            PARTITION BY store_id ORDER BY instant ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ), true) AS inactive FROM carried
    ), places AS (
        SELECT filled.store_id, instant, inactive,
               coalesce(before + least(date_diff('minute', start, instant), length), 0) AS place
        FROM filled ASOF LEFT JOIN is_open ON filled.store_id = is_open.store_id AND instant >= start
        WHERE instant >= $week
    ), spans AS (
        SELECT store_id, instant, inactive, lead(place) OVER (PARTITION BY store_id ORDER BY instant) - place AS minutes
        FROM places
    )
    SELECT store_id, {figures} FROM spans GROUP BY store_id ORDER BY store_id
) TO '{out}' (FORMAT csv, HEADER)
"""


def load(sample: Path) -> duckdb.DuckDBPyConnection:
    """Read the files into a database in memory."""
    database = duckdb.connect()
    names = {"polls": "store_status.csv", "hours": "menu_hours.csv", "zones": "timezones.csv"}
    database.execute(_LOAD.format(**{table: _FILES.format(sample / name) for table, name in names.items()}))
    return database


def report(database: duckdb.DuckDBPyConnection, as_of: datetime, out: Path) -> None:
    """Write the report at `as_of`, a whole minute, as CSV."""
    now, midnight = as_of.replace(tzinfo=None), as_of.replace(hour=0, minute=0)
    first, end = midnight - REACH, midnight + REACH
    names = {zone for (zone,) in database.execute("SELECT DISTINCT zone FROM zones").fetchall()}
    database.execute('CREATE OR REPLACE TABLE periods (zone VARCHAR, "from" TIMESTAMP, until TIMESTAMP, ahead INTEGER)')
    database.executemany("INSERT INTO periods VALUES (?, ?, ?, ?)", offset_periods({*names, DEFAULT_ZONE}, first, end))
    database.execute(
        _REPORT.format(figures=", ".join(map(_figure, COLUMNS)), out=out),
        {
            "default_zone": DEFAULT_ZONE,
            "first_day": (as_of - REACH).date(),
            "end_day": (as_of + (REACH - WINDOWS["week"])).date(),
            "first": first.replace(tzinfo=None),
            "end": end.replace(tzinfo=None),
            "now": now,
            **{window: now - length for window, length in WINDOWS.items()},
        },
    )


def _figure(column: str) -> str:
    side, _, window = column.partition("_last_")
    kept = "NOT inactive" if side == "uptime" else "inactive"
    minutes = f"coalesce(sum(minutes) FILTER (WHERE {kept} AND instant >= ${window}), 0)"
    return f"{minutes if window == 'hour' else f'round({minutes} / 60, 2)'} AS {column}"


if __name__ == "__main__":
    time_both(sys.argv[1:], load, report)

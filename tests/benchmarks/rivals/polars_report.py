"""The report by Polars, as one would write it there: columns and joins, no loop over stores.

python -m tests.benchmarks.rivals.polars_report SAMPLE_DIR AS_OF OUT

Minutes up are those of the open time between a poll and the next, which is the difference of two places on a store's
axis of open minutes; a place is found by an as-of join with its business hours.
"""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from tests.benchmarks.rivals.offset_periods import offset_periods
from tests.benchmarks.rivals.report_timing import COLUMNS, DEFAULT_ZONE, REACH, WINDOWS, time_both

MINUTES_PER_DAY = 1440
_TIME = "%Y-%m-%d %H:%M:%S%.f UTC"


@dataclass(frozen=True, slots=True)
class Frames:
    """The three files: times as Datetime in UTC, hours as minutes of the local day."""

    polls: pl.DataFrame
    hours: pl.DataFrame
    zones: pl.DataFrame


def load(sample: Path) -> Frames:
    """Read the files."""
    text = {"infer_schema": False}
    store_id = pl.col("store_id").str.strip_chars(" ")
    polls = pl.scan_csv(sample / "store_status.csv", **text).select(
        store_id,
        (pl.col("status").str.strip_chars(" ") == "inactive").alias("inactive"),
        pl.col("timestamp_utc").str.to_datetime(_TIME, time_unit="us").alias("at"),
    )
    start, end = _minute_of("start_time_local", 0), _minute_of("end_time_local", 59)
    end = pl.when(end == 0).then(MINUTES_PER_DAY).otherwise(end)
    hours = pl.scan_csv(sample / "menu_hours.csv", **text).select(
        store_id,
        pl.col("day").cast(pl.Int8),
        start.alias("start"),
        (end + pl.when(end <= start).then(MINUTES_PER_DAY).otherwise(0)).alias("end"),
    )
    zones = pl.scan_csv(sample / "timezones.csv", **text).select(store_id, pl.col("timezone_str").alias("zone"))
    return Frames(*pl.collect_all([polls, hours, zones]))


def report(frames: Frames, as_of: datetime, out: Path) -> None:
    """Write the report at `as_of`, a whole minute, as CSV."""
    now = as_of.replace(tzinfo=None)
    ids = [frame.lazy().select("store_id") for frame in (frames.polls, frames.hours, frames.zones)]
    zones = frames.zones.lazy().unique("store_id", keep="last")
    stores = (
        pl.concat(ids)
        .unique()
        .join(zones, on="store_id", how="left")
        .with_columns(pl.col("zone").fill_null(DEFAULT_ZONE))
    )
    places = _places(_observations(frames, stores, now), _open_hours(frames, stores, as_of))
    spans = places.sort("store_id", "at").select(
        "store_id",
        "at",
        "inactive",
        (pl.col("place").shift(-1).over("store_id") - pl.col("place")).alias("minutes"),
    )
    figures = [
        pl.col("minutes")
        .filter((pl.col("at") >= now - length) & (pl.col("inactive") == (side == "downtime")))
        .sum()
        .alias(f"{side}_last_{window}")
        for side in ("uptime", "downtime")
        for window, length in WINDOWS.items()
    ]
    in_hours = [(pl.col(name) / 60).round(2) for name in COLUMNS if not name.endswith("hour")]
    counted = spans.group_by("store_id").agg(figures).with_columns(in_hours)
    counted.sort("store_id").select("store_id", *COLUMNS).collect().write_csv(out)


def _observations(frames: Frames, stores: pl.LazyFrame, now: datetime) -> pl.LazyFrame:
    """What holds from which minute on: the last poll of each minute, and at the windows' edges the one before them."""
    polls = (
        frames.polls.lazy()
        .filter(pl.col("at") < now)
        .sort("store_id", "at", "inactive")
        .with_columns(pl.col("at").dt.truncate("1m"))
        .unique(["store_id", "at"], keep="last", maintain_order=True)
    )
    edges = pl.LazyFrame(
        {"at": [*(now - length for length in WINDOWS.values()), now]}, schema={"at": pl.Datetime("us")}
    )
    marks = stores.select("store_id").join(edges, how="cross").join(polls, on=["store_id", "at"], how="anti")
    carried = pl.concat([polls, marks.with_columns(pl.lit(None, pl.Boolean).alias("inactive"))], how="diagonal")
    return (
        carried.sort("store_id", "at")
        .with_columns(pl.col("inactive").forward_fill().over("store_id").fill_null(value=True))
        .filter(pl.col("at") >= now - WINDOWS["week"])
    )


def _open_hours(frames: Frames, stores: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Each store's business hours in UTC, without overlaps, and the open minutes before each of them."""
    first_day, last_day = (as_of - REACH).date(), (as_of + (REACH - WINDOWS["week"])).date()
    days = pl.select(date=pl.date_range(first_day, last_day)).lazy()
    days = days.select(pl.col("date").cast(pl.Datetime("us")), (pl.col("date").dt.weekday() - 1).alias("day"))
    midnight = as_of.replace(hour=0, minute=0)
    names = frames.zones.lazy().select("zone").unique().collect()["zone"].to_list()
    found = offset_periods({*names, DEFAULT_ZONE}, midnight - REACH, midnight + REACH)
    schema = {"zone": pl.String, "from": pl.Datetime("us"), "until": pl.Datetime("us"), "ahead": pl.Int64}
    periods = pl.LazyFrame(found, schema=schema, orient="row")
    weekly = frames.hours.lazy().join(stores, on="store_id").join(days, on="day").join(periods, on="zone")
    local = [pl.col("date") + pl.duration(minutes=pl.col(edge) - pl.col("ahead")) for edge in ("start", "end")]
    some = weekly.select(
        "store_id",
        pl.max_horizontal(local[0], "from").alias("start"),
        pl.min_horizontal(local[1], "until").alias("end"),
    ).filter(pl.col("start") < pl.col("end"))
    always = stores.join(frames.hours.lazy(), on="store_id", how="anti").select(
        "store_id",
        pl.lit(midnight.replace(tzinfo=None) - REACH, pl.Datetime("us")).alias("start"),
        pl.lit(midnight.replace(tzinfo=None) + REACH, pl.Datetime("us")).alias("end"),
    )
    reached = pl.col("end").cum_max().shift(1).over("store_id")
    return (
        pl.concat([some, always])
        .sort("store_id", "start")
        .with_columns((pl.col("start") > reached).fill_null(value=True).cum_sum().over("store_id").alias("block"))
        .group_by("store_id", "block")
        .agg(pl.col("start").min(), pl.col("end").max())
        .sort("store_id", "start")
        .with_columns((pl.col("end") - pl.col("start")).dt.total_minutes().alias("length"))
        .with_columns((pl.col("length").cum_sum().over("store_id") - pl.col("length")).alias("before"))
    )


def _places(observations: pl.LazyFrame, is_open: pl.LazyFrame) -> pl.LazyFrame:
    """The open minutes before each observation, on its store's own axis."""
    joined = observations.sort("at").join_asof(
        is_open.sort("start"),
        left_on="at",
        right_on="start",
        by="store_id",
        strategy="backward",
        check_sortedness=False,  # it can't be checked a store
    )
    since = (pl.col("at") - pl.col("start")).dt.total_minutes()
    place = pl.col("before") + pl.min_horizontal(since, "length")
    return joined.with_columns(place.fill_null(0).alias("place"))


def _minute_of(column: str, seconds_up: int) -> pl.Expr:
    """Minutes of the day, rounded up by so many seconds; some files have no seconds."""
    part = pl.col(column).str.split_exact(":", 2).struct
    seconds = part.field("field_2").cast(pl.Int32).fill_null(0)
    return (
        part.field("field_0").cast(pl.Int32) * 60 + part.field("field_1").cast(pl.Int32) + (seconds + seconds_up) // 60
    )


if __name__ == "__main__":
    time_both(sys.argv[1:], load, report)

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
    stores = _stores(frames)
    places = _places(_observations(frames, stores, now), _open_hours(frames, stores, as_of)).sort("store", "at")
    is_same = pl.col("store").shift(-1) == pl.col("store")
    spans = places.select(
        "store", "at", "inactive", pl.when(is_same).then(pl.col("place").shift(-1) - pl.col("place")).alias("minutes")
    )
    figures = [
        pl.when((pl.col("at") >= now - length) & (pl.col("inactive") == (side == "downtime")))
        .then(pl.col("minutes"))
        .sum()
        .alias(f"{side}_last_{window}")
        for side in ("uptime", "downtime")
        for window, length in WINDOWS.items()
    ]
    in_hours = [(pl.col(name) / 60).round(2) for name in COLUMNS if not name.endswith("hour")]
    counted = spans.group_by("store").agg(figures).with_columns(in_hours).sort("store")
    named = stores.join(counted.collect(), on="store", maintain_order="left")
    named.select("store_id", *COLUMNS).write_csv(out)


def _stores(frames: Frames) -> pl.DataFrame:
    """Every store in the order of the ids, each with a number, which joins faster than an id, and its zone."""
    ids = [frame.select("store_id") for frame in (frames.polls, frames.hours, frames.zones)]
    zones = frames.zones.unique("store_id", keep="last", maintain_order=True)
    known = pl.concat(ids).unique().sort("store_id").with_row_index("store")
    return known.join(zones, on="store_id", how="left", maintain_order="left").with_columns(
        pl.col("zone").fill_null(DEFAULT_ZONE)
    )


def _observations(frames: Frames, stores: pl.DataFrame, now: datetime) -> pl.LazyFrame:
    """What holds from which minute on: the last poll of each minute, and at the windows' edges the one before them."""
    polls = (
        frames.polls.lazy()
        .filter(pl.col("at") < now)
        .join(stores.lazy().select("store_id", "store"), on="store_id")
        .select("store", pl.col("at").dt.truncate("1m").alias("minute"), "at", "inactive")
        .sort("store", "at", "inactive")
    )
    following = [pl.col(name) != pl.col(name).shift(-1) for name in ("store", "minute")]
    last = polls.filter(pl.any_horizontal(following).fill_null(value=True))
    edges = pl.LazyFrame(
        {"at": [*(now - length for length in WINDOWS.values()), now]}, schema={"at": pl.Datetime("us")}
    )
    marks = stores.lazy().select("store").join(edges, how="cross")
    return (
        pl.concat(
            [
                last.select("store", pl.col("minute").alias("at"), "inactive"),
                marks.with_columns(pl.lit(None, pl.Boolean).alias("inactive")),
            ]
        )
        .sort("store", "at", "inactive", nulls_last=True)  # a poll in an edge's own minute stands before it
        .with_columns(
            pl.when((pl.col("store") != pl.col("store").shift(1)).fill_null(value=True))
            .then(pl.col("inactive").fill_null(value=True))
            .otherwise(pl.col("inactive"))
            .forward_fill()
        )
        .filter(pl.col("at") >= now - WINDOWS["week"])
    )


def _open_hours(frames: Frames, stores: pl.DataFrame, as_of: datetime) -> pl.LazyFrame:
    """Each store's business hours in UTC, without overlaps, and the open minutes before each of them."""
    first_day, last_day = (as_of - REACH).date(), (as_of + (REACH - WINDOWS["week"])).date()
    days = pl.select(date=pl.date_range(first_day, last_day)).lazy()
    days = days.select(pl.col("date").cast(pl.Datetime("us")), (pl.col("date").dt.weekday() - 1).alias("day"))
    midnight = as_of.replace(hour=0, minute=0)
    names = stores["zone"].unique().to_list()
    found = offset_periods(names, midnight - REACH, midnight + REACH)
    schema = {"zone": pl.String, "from": pl.Datetime("us"), "until": pl.Datetime("us"), "ahead": pl.Int64}
    periods = pl.LazyFrame(found, schema=schema, orient="row")
    weekly = frames.hours.lazy().join(stores.lazy(), on="store_id").join(days, on="day").join(periods, on="zone")
    local = [pl.col("date") + pl.duration(minutes=pl.col(edge) - pl.col("ahead")) for edge in ("start", "end")]
    some = weekly.select(
        "store",
        pl.max_horizontal(local[0], "from").alias("start"),
        pl.min_horizontal(local[1], "until").alias("end"),
    ).filter(pl.col("start") < pl.col("end"))
    always = (
        stores.lazy()
        .join(frames.hours.lazy(), on="store_id", how="anti")
        .select(
            "store",
            pl.lit(midnight.replace(tzinfo=None) - REACH, pl.Datetime("us")).alias("start"),
            pl.lit(midnight.replace(tzinfo=None) + REACH, pl.Datetime("us")).alias("end"),
        )
    )
    reached = pl.col("end").cum_max().shift(1).over("store")
    return (
        pl.concat([some, always])
        .sort("store", "start")
        .with_columns((pl.col("start") > reached).fill_null(value=True).cum_sum().over("store").alias("block"))
        .group_by("store", "block")
        .agg(pl.col("start").min(), pl.col("end").max())
        .sort("store", "start")
        .with_columns((pl.col("end") - pl.col("start")).dt.total_minutes().alias("length"))
        .with_columns((pl.col("length").cum_sum().over("store") - pl.col("length")).alias("before"))
    )


def _places(observations: pl.LazyFrame, is_open: pl.LazyFrame) -> pl.LazyFrame:
    """The open minutes before each observation, on its store's own axis."""
    joined = observations.sort("at").join_asof(
        is_open.sort("start"),
        left_on="at",
        right_on="start",
        by="store",
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

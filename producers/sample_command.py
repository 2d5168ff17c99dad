"""The command `store-monitor sample`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from producers.command_errors import shown_by_click
from producers.sample import END, MAX_DAYS, MAX_STORES, write_sample
from stream_app.domain.instant import parse_time_or_date
from stream_app.domain.rejection import Rejected
from stream_app.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_end(text: str) -> datetime:
    """A time, in UTC where it has no offset, or a date's midnight; raises UsageError."""
    micros = parse_time_or_date(text)
    if isinstance(micros, Rejected):
        message = f"--end {micros.detail} is no time such as {END:%Y-%m-%dT%H:%MZ}"
        raise UsageError(message)
    return _EPOCH + timedelta(microseconds=micros)


@click.command(
    "sample",
    epilog="""\b
Examples:
  store-monitor sample data/                           500 stores, 8 days
  store-monitor sample big/ --stores 20000 --days 30
  store-monitor sample odd/ --stores 50 --bad-rows 60  with rows that will be rejected""",
)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--stores", default=500, show_default=True, type=click.IntRange(1, MAX_STORES), help="How many stores.")
@click.option(
    "--days", default=8, show_default=True, type=click.IntRange(1, MAX_DAYS), help="Days of polls before --end."
)
@click.option("--end", default=f"{END:%Y-%m-%dT%H:%MZ}", show_default=True, help="All polls are before it; ISO 8601.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Another seed, other stores and polls."
)
@click.option("--bad-rows", default=0, show_default=True, type=click.IntRange(0), help="Rows to add that get rejected.")
def sample_command(directory: Path, stores: int, days: int, end: str, seed: int, bad_rows: int) -> None:
    """Write realistic input files: store_status.csv, menu_hours.csv, timezones.csv.

    The same arguments give the same bytes. An earlier sample in DIR is replaced (its sample.json tells that it is one);
    other input files in DIR are never touched, the command refuses instead.
    """
    with shown_by_click():
        size = write_sample(directory, stores, days, parse_end(end), seed, bad_rows)
    click.echo(f"{directory}: {size.polls:,} polls, {size.hours:,} rows of hours, {size.zones:,} zones")

"""The command `replay`, which `python -m producers` and `store-monitor replay` share."""

import asyncio
import gc
import logging
import os
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from producers.command_errors import shown_by_click
from producers.display import rejected_table, shown
from producers.input_files import InputFiles, find_input_files
from producers.interrupt import until_signalled
from producers.pacing import Speed
from producers.progress import Counts, Progress, ProgressFile, Watcher, ended
from producers.replay import replay
from stream_app.domain.instant import format_instant
from stream_app.settings import load_settings

CONTAINERS_BEFORE_GC = 100_000
"""Rows make many lists that live for a chunk, and no cycles: at Python's 700 the collector took a third of the CPU."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "replay",
    epilog="""\b
Examples:
  replay data/                               everything in data/, as fast as it goes
  replay data/ --speed 60x                   an hour of polls a minute
  replay --polls new_polls.csv.gz            polls alone
  replay data/ --hours summer.csv --kafka kafka-1:9092""",
)
@click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--polls", type=_FILE, help="File of polls, instead of DIR's store_status.csv.")
@click.option("--hours", type=_FILE, help="File of business hours, instead of DIR's menu_hours.csv.")
@click.option("--zones", type=_FILE, help="File of time zones, instead of DIR's timezones.csv.")
@click.option(
    "--speed",
    default="max",
    show_default=True,
    help="`max`, `realtime`, or a factor such as `60x`. Anything but max sends the polls in the order of their times, "
    "and first reads the whole file into memory (about 150 bytes a poll). Their times stay as they are.",
)
@click.option(
    "--kafka", metavar="HOST:PORT", help="The Kafka brokers; otherwise KAFKA_BROKERS, otherwise 127.0.0.1:9092."
)
@click.option(
    "--progress-file", type=click.Path(dir_okay=False, path_type=Path), help="Keep the progress here, as JSON."
)
@click.option(
    "--allow-jump",
    is_flag=True,
    help="Send also polls that stand far ahead of the rest of their file; without it those are refused.",
)
@click.option("--quiet", is_flag=True, help="Show neither progress nor the table of rejected rows.")
def replay_command(
    directory: Path | None,
    polls: Path | None,
    hours: Path | None,
    zones: Path | None,
    speed: str,
    kafka: str | None,
    progress_file: Path | None,
    *,
    allow_jump: bool,
    quiet: bool,
) -> None:
    """Send polls, business hours and time zones from CSV files to Kafka.

    DIR holds store_status.csv, one of menu_hours.csv, business_hours.csv, store_hours.csv or store_business_hours.csv,
    and one of timezones.csv, store_timezones.csv or timezone.csv; each may be compressed (.csv.gz), and any may be
    missing. All calendars are acknowledged before the first poll is sent. A row that can't be read goes to the dead
    letters, and is counted by its reason at the end; so does a poll ahead of its time, or far ahead of the rest of its
    file, which is therefore read twice and can't be a pipe. The exit code is 0 once Kafka has acknowledged every row,
    and 1 where every row was refused.
    """
    given = InputFiles(polls, hours, zones)
    with shown_by_click(), ExitStack() as shows:
        settings = load_settings({**os.environ, **({} if kafka is None else {"KAFKA_BROKERS": kafka})})
        watchers: list[Watcher] = [] if progress_file is None else [ProgressFile.at(progress_file)]
        if not quiet:
            watchers.append(shows.enter_context(shown(Console(stderr=True))))
        progress = Progress(watchers)
        logging.getLogger("aiokafka").setLevel(logging.ERROR)  # its warnings tell of batches that it sends again
        gc.set_threshold(CONTAINERS_BEFORE_GC)
        if not quiet:
            shows.callback(_show_outcome, progress.counts)
        with ended(progress):
            files = find_input_files(directory, given)
            run = replay(files, Speed.parse(speed), settings, progress, allow_jump=allow_jump)
            asyncio.run(until_signalled(run))


def _show_outcome(counts: Counts) -> None:
    """The range of the polls that were sent, and what was refused, also where the replay failed."""
    if counts.first is not None and counts.last is not None:
        span = f"Polls from {format_instant(counts.first >> 1)} to {format_instant(counts.last >> 1)}."
        Console().print(span, highlight=False)
    if counts.rejected:
        Console().print(rejected_table(counts))

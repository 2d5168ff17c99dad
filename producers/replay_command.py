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
from producers.display import show_input, show_rejected, shown
from producers.input_files import InputFiles, find_input_files
from producers.interrupt import until_signalled
from producers.pacing import Speed
from producers.progress import Counts, Progress, ProgressFile, Watcher, ended
from producers.replay import replay
from stream_app.domain.instant import format_instant
from stream_app.settings import load_settings

CONTAINERS_BEFORE_GC = 100_000
"""Rows make many lists that live for a chunk, and no cycles: at Python's 700 the collector took a third of the CPU."""


def _only_one(_context: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> Path | None:
    if len(paths) > 1:
        message = f"--{option.name} names several files: {' and '.join(map(str, paths))}. Name one"
        raise click.UsageError(message)
    return paths[0] if paths else None


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
@click.option("--polls", type=_FILE, multiple=True, callback=_only_one, help="File of polls, instead of DIR's.")
@click.option(
    "--hours", type=_FILE, multiple=True, callback=_only_one, help="File of business hours, instead of DIR's."
)
@click.option("--zones", type=_FILE, multiple=True, callback=_only_one, help="File of time zones, instead of DIR's.")
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
@click.option("--quiet", is_flag=True, help="Show neither progress nor what was read and rejected.")
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

    DIR holds a file of polls, one of hours and one of zones, of any names: the columns in its header tell which a file
    is. Each may be compressed (gzip, or alone in a zip) or a workbook (.xlsx), and any may be missing. A pipe, such as
    --polls /dev/stdin, is read to its end first. All calendars are acknowledged before the first poll is sent. A row
    that can't be read goes to the dead letters, and is counted by its reason at the end; so does a poll ahead of its
    time, or far ahead of the rest of its file, which is therefore read twice. The exit code is 0 once Kafka has
    acknowledged every row, and 1 where every row was refused.
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
            for note in files.notes:
                click.echo(note, err=True)
            run = replay(files, Speed.parse(speed), settings, progress, allow_jump=allow_jump)
            asyncio.run(until_signalled(run))


def _show_outcome(counts: Counts) -> None:
    """What was taken, the range of the polls that were sent, and what was refused, also where the replay failed."""
    console = Console()
    show_input(counts.tally.summary(), console)
    if counts.first is not None and counts.last is not None:
        span = f"Polls from {format_instant(counts.first >> 1)} to {format_instant(counts.last >> 1)}."
        console.print(span, highlight=False)
    show_rejected(counts, console)

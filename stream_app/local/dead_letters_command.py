"""The command `store-monitor dead-letters`."""

import asyncio
import os
import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console

from stream_app.domain.rejection import Reason
from stream_app.local.dead_letter_box import DeadLetterBox, read_dead_letters
from stream_app.local.dead_letters_view import show_dead_letters, show_retried
from stream_app.local.retry import Retried, retry
from stream_app.local.running_kafka import find_kafka
from stream_app.settings import Settings, load_settings
from stream_app.topics import topics_of

ROWS_SHOWN = 50


@click.command("dead-letters")
@click.option("--reason", type=click.Choice([reason.value for reason in Reason]), help="Only those with this reason.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    help=f"At most so many, the newest; default: {ROWS_SHOWN} in the table, all with --json and --retry.",
)
@click.option("--retry", "is_retry", is_flag=True, help="Send those that parse now back to their topics.")
@click.option("--allow-jump", is_flag=True, help="With --retry: also polls far ahead of the rest of their file.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, whole, instead of a table.")
@click.option("--kafka", metavar="HOST:PORT", help="This Kafka; default: the running `up`'s, or KAFKA_BROKERS.")
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The state directory of the `up` to ask, where several run.",
)
def dead_letters_command(
    reason: str | None,
    limit: int | None,
    kafka: str | None,
    state_dir: Path | None,
    *,
    is_retry: bool,
    allow_jump: bool,
    is_json: bool,
) -> None:
    r"""List the rows and records that were refused, newest first, or send them again.

    \b
    Examples:
      store-monitor dead-letters
      store-monitor dead-letters --reason unknown_status --json > refused.jsonl
      store-monitor dead-letters --reason future_poll --retry
    """
    settings = load_settings({**os.environ, "KAFKA_BROKERS": find_kafka(kafka, state_dir, os.environ)})
    letters = asyncio.run(read_dead_letters(settings.kafka_brokers, topics_of(settings).dead_letters))
    letters = letters.of_reason(reason)
    if is_retry:
        _retry(letters.newest(limit), settings, allow_jump=allow_jump, is_json=is_json)
    elif is_json:
        _write_json(letters.newest(limit))
    else:
        show_dead_letters(letters, limit or ROWS_SHOWN, Console())


def _retry(letters: DeadLetterBox, settings: Settings, *, allow_jump: bool, is_json: bool) -> None:
    retried = asyncio.run(retry(letters.filed, settings, allow_jump=allow_jump))
    if is_json:
        sys.stdout.buffer.write(_json_of(retried) + b"\n")
    else:
        show_retried(retried, Console())


def _write_json(letters: DeadLetterBox) -> None:
    for filed in letters.filed:
        sys.stdout.buffer.write(msgspec.json.encode(filed.letter) + b"\n")
    if letters.strangers:
        click.echo(f"store-monitor: {letters.strangers} records of the topic are no dead letters", err=True)


def _json_of(retried: Retried) -> bytes:
    kept = {why.name.lower(): count for why, count in retried.kept.items()}
    return msgspec.json.encode({"sent_again": retried.sent, "still_refused": dict(retried.refused), "kept": kept})

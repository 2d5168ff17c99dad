"""The command line: `store-monitor up | sample | replay | report | status | dead-letters`."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from producers.replay_command import replay_command
from producers.sample_command import sample_command
from stream_app.errors import StoreMonitorError, UsageError
from stream_app.local.dead_letters_command import dead_letters_command
from stream_app.local.output_file import check_output, write_output
from stream_app.local.report_view import show_store
from stream_app.local.running_api import find_api
from stream_app.local.up import up
from stream_app.local.up_options import UpOptions
from stream_app.logs import configure_logs
from stream_app.system_refusals import is_of_the_system, sentence_of
from stream_app.terminal import spell_out_what_cannot_be_shown

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED = 1, 2, 130, 141

_DIRECTORY = click.Path(path_type=Path, file_okay=False)
_EXISTING_DIRECTORY = click.Path(path_type=Path, file_okay=False, exists=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="store-monitor")
def commands() -> None:
    """Uptime and downtime of stores inside their business hours, live and as reports."""


@commands.command(name="up")
@click.option("--data", type=_EXISTING_DIRECTORY, help="Replay the CSV files of this directory.")
@click.option("--add", is_flag=True, help="Let this input count beside the other one that the state directory is of.")
@click.option("--once", is_flag=True, help="Write one report, stop everything, and end.")
@click.option("--report", type=_FILE, help="Write the report's CSV to this file.")
@click.option("--as-of", metavar="ISO", help="The report's T; default: the newest poll.")
@click.option("--allow-jump", is_flag=True, help="Take polls that stand far ahead of the rest of their file.")
@click.option("--kafka", metavar="HOST:PORT", help="Use this Kafka; default: KAFKA_BROKERS, else an embedded one.")
@click.option("--api-port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--state-dir", type=_DIRECTORY, help="Keep everything here; default: .store-monitor/<name of the data>.")
@click.option("--fresh", is_flag=True, help="Empty the state directory first (embedded broker only).")
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes that share the partitions."
)
def up_command(**options: object) -> None:
    r"""Run the whole service: broker, workers and API; replay an input; show a first report.

    \b
    Examples:
      store-monitor up --data ./restaurants
      store-monitor up --data ./restaurants --once --report report.csv
      store-monitor up --data ./restaurants --workers 2
      store-monitor up --kafka kafka.example:9092
    """
    up(UpOptions(**options), Console(soft_wrap=False))  # type: ignore[arg-type]  # click has checked the types


@commands.command(name="report")
@click.option("--as-of", metavar="ISO", help="The report's T; default: the newest poll.")
@click.option("--policy", metavar="NAME", help="How minutes without a poll are judged; default: the service's own.")
@click.option("--columns", type=click.Choice(["default", "extended"]), help="`extended` has all that is known.")
@click.option("--format", "file_format", type=click.Choice(["csv", "jsonl"]), help="CSV or JSON Lines.")
@click.option("--from", "first", metavar="TIME", help="With --to: one window, of UTC times or the stores' own dates.")
@click.option("--to", "end", metavar="TIME", help="The end of the window, exclusive.")
@click.option("--out", type=_FILE, help="Write the report here; default: standard output.")
@click.option("--api", metavar="URL", help="The API's address; default: that of the running `up`.")
@click.option("--state-dir", type=_DIRECTORY, help="The state directory of the `up` to ask, where several run.")
def report_command(
    as_of: str | None,
    policy: str | None,
    columns: str | None,
    file_format: str | None,
    first: str | None,
    end: str | None,
    out: Path | None,
    api: str | None,
    state_dir: Path | None,
) -> None:
    r"""Trigger a report of the running service and fetch it.

    \b
    Examples:
      store-monitor report --out report.csv
      store-monitor report --as-of 2024-03-14T12:00:00Z
      store-monitor report --policy max_gap:90 --columns extended --format jsonl
      store-monitor report --from 2024-03-08 --to 2024-03-11
    """
    if out is not None:
        check_output("--out", out)
    client = find_api(api, state_dir)
    asked = {"as_of": as_of, "policy": policy, "columns": columns, "format": file_format, "from": first, "to": end}
    report_id = client.trigger_report(**asked)
    client.wait_for_report(report_id)
    content = client.download(report_id)
    click.echo(client.report_basis(report_id), err=True)
    if out is None:
        click.echo(content, nl=False)
    else:
        write_output(out, content, f"GET {client.url}/reports/{report_id}/download has it")


@commands.command(name="status")
@click.argument("store_id")
@click.option("--as-of", metavar="ISO", help="The time asked about; default: the newest poll.")
@click.option("--api", metavar="URL", help="The API's address; default: that of the running `up`.")
@click.option("--state-dir", type=_DIRECTORY, help="The state directory of the `up` to ask, where several run.")
def status_command(store_id: str, as_of: str | None, api: str | None, state_dir: Path | None) -> None:
    r"""One store's live status.

    \b
    Example:
      store-monitor status 8139926242460185114
    """
    show_store(find_api(api, state_dir).store(store_id, as_of), Console())


commands.add_command(replay_command, name="replay")
commands.add_command(sample_command, name="sample")
commands.add_command(dead_letters_command, name="dead-letters")


def main() -> NoReturn:
    """Run the command line; an error that has a clear message ends it with that message and no traceback."""
    configure_logs("WARNING")
    spell_out_what_cannot_be_shown()
    try:
        commands(standalone_mode=False)
        click.echo(nl=False)  # flushes here, where an error is still shown, and not at Python's exit
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UsageError as error:
        _end(str(error), EXIT_USAGE)
    except StoreMonitorError as error:
        _end(str(error), EXIT_FAILED)
    except BrokenPipeError:
        _discard_output()
        sys.exit(EXIT_PIPE_CLOSED)
    except OSError as error:
        if not is_of_the_system(error):
            raise
        _discard_output()
        _end(sentence_of(error), EXIT_FAILED)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(EXIT_INTERRUPTED)
    sys.exit(0)


def _end(message: str, exit_code: int) -> NoReturn:
    click.echo(f"store-monitor: {message}", err=True)
    sys.exit(exit_code)


def _discard_output() -> None:
    """Leave nothing that Python would try to write once more at its exit, and complain about."""
    if sys.stdout is not None:  # closed before the start
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()

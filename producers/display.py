"""What the operator sees of a replay: a bar in a terminal, a line now and then elsewhere, and the refused rows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from producers.input_tally import in_words
from producers.progress import Counts, Watcher
from stream_app.domain.rejection import SENTENCES
from stream_app.replay_progress import InputSummary

PLAIN_LINE_EVERY_S = 3.0


@contextmanager
def shown(console: Console) -> Iterator[Watcher]:
    """A watcher that shows the counts on the console while the block runs."""
    if not console.is_terminal:
        yield PlainLines(console)
        return
    columns = (BarColumn(20), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with RichProgress(*columns, console=console) as bar:
        yield Bar(bar)


class Bar:
    """A progress bar with the counts behind it."""

    def __init__(self, bar: RichProgress, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)
        self._words = _Words(clock)

    def tell(self, counts: Counts) -> None:
        """Move the bar."""
        self._bar.update(
            self._task, completed=counts.done, total=counts.total or None, description=self._words.short(counts)
        )


class PlainLines:
    """A line every PLAIN_LINE_EVERY_S, and the last one at the end."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._words = _Words(clock)
        self._told_at = clock()

    def tell(self, counts: Counts) -> None:
        """Print a line, if one is due."""
        is_due = counts.state != "running" or self._clock() - self._told_at >= PLAIN_LINE_EVERY_S
        if not (is_due and counts.step):
            return
        self._told_at = self._clock()
        self._console.print(self._words.of(counts), highlight=False, soft_wrap=True)


class _Words:
    """The counts in words, with the rate since the beginning."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun = clock()

    def short(self, counts: Counts) -> str:
        """What fits beside a bar in 80 columns: `20,500 rows, 151,000/s, 2 rejected`."""
        return f"{counts.rows_read:,} rows, {self._rate(counts):,.0f}/s, {counts.rejected.total():,} rejected"

    def of(self, counts: Counts) -> str:
        """For instance `store_status.csv: 20,500 rows read (151,000/s), 500 calendars and 19,998 polls sent, …`."""
        sent = f"{counts.calendars_sent:,} calendars and {counts.polls_sent:,} polls sent"
        read = f"{counts.step}: {counts.rows_read:,} rows read ({self._rate(counts):,.0f}/s)"
        return f"{read}, {sent}, {counts.rejected.total():,} rejected"

    def _rate(self, counts: Counts) -> float:
        return counts.rows_read / max(self._clock() - self._begun, 1e-3)


def show_input(summary: InputSummary, console: Console) -> None:
    """What was taken of each file, and the stores that only one of them has."""
    for line in in_words(summary):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_rejected(counts: Counts, console: Console) -> None:
    """The refused rows by reason, most frequent first; nothing where there are none."""
    if not counts.rejected:
        return
    table = Table("rows", "reason", "what was wrong", title="Rejected rows (whole, in the dead letters)")
    for reason, count in counts.rejected.most_common():
        table.add_row(f"{count:,}", reason.value, SENTENCES[reason])
    console.print(table)

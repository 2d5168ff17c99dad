"""Pictures as SVG, to scale: pure functions from runs and shares to markup, in which every text is escaped.

A status is a colour and a shape, so that pictures can be read in gray too: down is the tallest bar, up a lower one,
unknown is hatched, closed a thin line. One unit across is one minute.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from stream_app.domain.live_status import Status
from stream_app.domain.timeline import StatusRun

HEIGHT = 100
UNIT = 10  # of the heat map: a cell's side, with the gap that belongs to it

_BANDS = {
    "strip": {Status.UP: (22, 78), Status.DOWN: (2, 98), Status.UNKNOWN: (22, 78), Status.CLOSED: (46, 54)},
    "day": {Status.UP: (28, 72), Status.DOWN: (14, 86), Status.UNKNOWN: (28, 72), Status.CLOSED: (48, 52)},
}
_CELL = 9.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A poll at a minute since the epoch."""

    minute: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour of the week: the share of minutes down, None where nothing is known, and both in words."""

    down_share: float | None
    text: str


HEAT_STEPS = (0.0, 0.02, 0.05, 0.1, 0.2)  # a cell's level counts those that its share of minutes down lies above


def strip(runs: Sequence[StatusRun], first: int, end: int, text: str, marks: Iterable[int] = ()) -> Markup:
    """Runs over first <= minute < end; `text` says the same in words, `marks` are minutes at which a line is drawn."""
    lines = "".join(f"M{mark - first} 0V{HEIGHT}" for mark in marks)
    return _picture("strip", end - first, text, _lines("mark", lines) + _bars("strip", runs, first))


def day_strip(runs: Sequence[StatusRun], ticks: Iterable[Tick], first: int, end: int, text: str) -> Markup:
    """The same larger: business hours shaded, and each poll as a tick, active ones below and inactive ones above."""
    opened = "".join(
        f"M{run.start - first} 0h{run.end - run.start}v{HEIGHT}h-{run.end - run.start}z"
        for run in runs
        if run.status is not Status.CLOSED
    )
    below = above = ""
    for tick in ticks:
        if tick.is_active:
            below += f"M{tick.minute - first} 90V{HEIGHT}"
        else:
            above += f"M{tick.minute - first} 0V10"
    shade = Markup('<path class="open" d="{}"/>').format(opened) if opened else Markup()
    polls = _lines("poll", below) + _lines("poll inactive", above)
    return _picture("day", end - first, text, shade + _bars("day", runs, first) + polls)


def heat_map(cells: Sequence[HeatCell], columns: int, text: str) -> Markup:
    """Cells row by row, `columns` in a row; the mark inside has the share of a cell's area that was down.

    It may be stretched, as on narrow screens: shares of areas stay what they are.
    """
    drawn = Markup().join(_heat_cell(cell, at % columns, at // columns) for at, cell in enumerate(cells))
    box = f"0 0 {columns * UNIT} {-(-len(cells) // columns) * UNIT}"
    return Markup(
        '<svg class="heat" viewBox="{}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(box, text, drawn)


def heat_level(down_share: float) -> int:
    """From 0, nothing down, to the number of HEAT_STEPS."""
    return sum(down_share > step for step in HEAT_STEPS)


def _heat_cell(cell: HeatCell, column: int, row: int) -> Markup:
    x, y = column * UNIT, row * UNIT
    if cell.down_share is None:
        return Markup('<rect class="none" x="{}" y="{}" width="9" height="9"><title>{}</title></rect>').format(
            x, y, cell.text
        )
    side = round(_CELL * cell.down_share**0.5, 1)
    inset = round((_CELL - side) / 2, 2)
    inner = (
        Markup('<rect class="in" x="{}" y="{}" width="{}" height="{}"/>').format(
            round(x + inset, 2), round(y + inset, 2), side, side
        )
        if side
        else Markup()
    )
    return Markup('<g class="h{}"><title>{}</title><rect x="{}" y="{}" width="9" height="9"/>{}</g>').format(
        heat_level(cell.down_share), cell.text, x, y, inner
    )


def _picture(kind: str, width: int, text: str, content: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(kind, width, HEIGHT, text, content)


def _bars(kind: str, runs: Sequence[StatusRun], first: int) -> Markup:
    """One path a status: a tenth of the bytes that rectangles would take."""
    of_status = {status: [run for run in runs if run.status is status] for status in Status}
    return Markup().join(_path(kind, status, its_runs, first) for status, its_runs in of_status.items() if its_runs)


def _path(kind: str, status: Status, runs: Sequence[StatusRun], first: int) -> Markup:
    top, bottom = _BANDS[kind][status]
    drawn = "".join(
        f"M{run.start - first} {top}h{run.end - run.start}v{bottom - top}h-{run.end - run.start}z" for run in runs
    )
    # A picture that is stretched stretches its hatching too: each kind has a pattern in its own units.
    fill = Markup(' fill="url(#hatch-{})"').format(kind) if status is Status.UNKNOWN else Markup()
    return Markup('<path class="{}"{} d="{}"/>').format(str(status), fill, drawn)


def _lines(kind: str, drawn: str) -> Markup:
    if not drawn:
        return Markup()
    return Markup('<path class="{}" vector-effect="non-scaling-stroke" d="{}"/>').format(kind, drawn)

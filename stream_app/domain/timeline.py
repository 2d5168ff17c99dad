"""The time of stores as runs of up, down, unknown and closed that cover a range without a gap."""

from typing import NamedTuple

import numpy as np

from stream_app.domain.live_status import STATUSES, Status
from stream_app.domain.runs import AXIS, Runs, clip, difference, of_rows
from stream_app.domain.store_state import Buckets

# Of several statuses within one slot of a coarse timeline the first of these is shown: trouble must not get lost.
_SHOWN_FIRST = (Status.DOWN, Status.UNKNOWN, Status.UP, Status.CLOSED)


class StatusRun(NamedTuple):
    """A store's status from `start` up to `end`, minutes since the epoch."""

    status: Status
    start: int
    end: int


def timeline(buckets: Buckets, is_open: Runs, first: int, end: int) -> list[StatusRun]:
    """The runs of the store in row 0 over first <= minute < end, in order; the next one's status differs."""
    return timelines(buckets, is_open, first, end, 1)[0]


def timelines(buckets: Buckets, is_open: Runs, first: int, end: int, count: int) -> list[list[StatusRun]]:
    """The same for each of the rows 0..count-1, all over one range."""
    every = Runs(*of_rows(np.arange(count), first, end))
    opened, up, down = (clip(of, first, end) for of in (is_open, buckets.up, buckets.down))
    by_status = {
        Status.UP: up,
        Status.DOWN: down,
        Status.UNKNOWN: difference(difference(opened, up), down),
        Status.CLOSED: difference(every, opened),
    }
    found: list[list[StatusRun]] = [[] for _ in range(count)]
    for status, of in by_status.items():
        for row, start, stop in zip(of.rows.tolist(), of.start.tolist(), of.end.tolist(), strict=True):
            found[row].append(StatusRun(status, start - row * AXIS, stop - row * AXIS))
    for row_runs in found:
        row_runs.sort(key=lambda run: run.start)
    return found


def minutes_by_status(timeline_runs: list[StatusRun]) -> dict[Status, int]:
    """How many minutes each status has; together they are the range's."""
    minutes = dict.fromkeys(STATUSES, 0)
    for run in timeline_runs:
        minutes[run.status] += run.end - run.start
    return minutes


def coarse(timeline_runs: list[StatusRun], resolution: int) -> list[StatusRun]:
    """The same with edges only at multiples of `resolution` minutes since the epoch, and at the range's own ends.

    A slot shows down where any of its minutes was, else unknown, else up: closed is only what was closed throughout.
    """
    if resolution == 1 or not timeline_runs:
        return timeline_runs
    first, end = timeline_runs[0].start, timeline_runs[-1].end
    base = first // resolution
    shown = np.full(-(-end // resolution) - base, len(_SHOWN_FIRST), np.int64)
    for run in timeline_runs:
        slots = slice(run.start // resolution - base, (run.end - 1) // resolution - base + 1)
        np.minimum(shown[slots], _SHOWN_FIRST.index(run.status), out=shown[slots])
    begins = np.flatnonzero(np.append(True, shown[1:] != shown[:-1]))
    edges = np.append(np.maximum((begins + base) * resolution, first), end).tolist()
    return [
        StatusRun(_SHOWN_FIRST[rank], start, stop)
        for rank, start, stop in zip(shown[begins].tolist(), edges[:-1], edges[1:], strict=True)
    ]

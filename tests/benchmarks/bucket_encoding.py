"""Minute buckets as runs against two bitmaps: bytes a store, and the time to count a report from each.

python -m tests.benchmarks.bucket_encoding [STORES]
"""

import sys
import time
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stream_app.domain import runs, store_state
from stream_app.domain.business_hours import open_runs
from stream_app.domain.figures import bucket_figures
from stream_app.domain.store_calendar import StoreCalendar, WeeklyHours
from stream_app.domain.windows import rolling

DAYS = 8
RETENTION_DAYS = 16
NEWEST = 1_700_172_000_000_000  # microseconds since the epoch
SEED = 1


def main(count: int) -> None:
    rng = np.random.default_rng(SEED)
    retained = store_state.retained_range(NEWEST, RETENTION_DAYS)
    minutes = retained.end - retained.first
    buckets = sample_buckets(rng, count, retained)
    newest = NEWEST // 60_000_000
    windows = rolling(newest)
    edges = [(newest - length - retained.first, newest - retained.first) for length in (60, 1440, 10_080)]
    up, down = as_bitmaps(buckets.up, count, retained), as_bitmaps(buckets.down, count, retained)

    by_runs = bucket_figures(buckets, None, windows, count)
    by_bits = [count_bits(bits, *edge) for bits in (up, down) for edge in edges]
    assert all((a == b).all() for a, b in zip((*by_runs.up, *by_runs.down), by_bits, strict=True))

    run_bytes = 4 * (len(buckets.up) + len(buckets.down)) / count
    packed = [np.packbits(up[row]).tobytes() + np.packbits(down[row]).tobytes() for row in range(min(count, 1000))]
    compressed = sum(len(zlib.compress(value, 1)) for value in packed) / len(packed)
    print(f"{count} stores, {minutes} minutes, {DAYS} days of polls")
    print(
        f"bytes a store: runs {run_bytes:.0f}, bitmaps {2 * minutes // 8}, bitmaps after zlib level 1 {compressed:.0f}"
    )
    runs_ms = best_ms(lambda: bucket_figures(buckets, None, windows, count))
    words = [np.packbits(bits, axis=1) for bits in (up, down)]
    bits_ms = best_ms(lambda: [count_words(of, *edge) for of in words for edge in edges])
    print(f"six columns of a report: runs {runs_ms:.1f} ms, bitmaps {bits_ms:.1f} ms")


def sample_buckets(rng: np.random.Generator, count: int, retained: store_state.RetainedRange) -> store_state.Buckets:
    polls = DAYS * 24
    rows = np.repeat(np.arange(count), polls)
    age = rng.integers(0, DAYS * 86_400_000_000, len(rows))
    inactive = (rng.random(len(rows)) < 0.08).astype(np.int64)
    states = store_state.fold(store_state.no_polls(count, retained), rows, (NEWEST - age) * 2 + inactive)
    calendars = [
        StoreCalendar("America/Chicago", tuple(WeeklyHours(day, int(start), int(start) + 720) for day in range(7)))
        for start in rng.integers(360, 660, count)
    ]
    return store_state.buckets(store_state.active_runs(states, retained.end), open_runs(calendars, *retained))


def as_bitmaps(of: runs.Runs, count: int, retained: store_state.RetainedRange) -> NDArray[np.bool_]:
    bits = np.zeros((count, retained.end - retained.first), bool)
    for row, start, end in zip(of.rows.tolist(), of.start.tolist(), of.end.tolist(), strict=True):
        base = row * runs.AXIS + retained.first
        bits[row, start - base : end - base] = True
    return bits


def count_bits(bits: NDArray[np.bool_], first: int, end: int) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = bits[:, first:end].sum(axis=1)
    return counted


def count_words(words: NDArray[np.uint8], first: int, end: int) -> NDArray[np.int64]:
    """Population counts of whole bytes; the two edge bytes, which a real reader would mask, are left in."""
    counted: NDArray[np.int64] = np.bitwise_count(words[:, first // 8 : -(-end // 8)]).sum(axis=1, dtype=np.int64)
    return counted


def best_ms(run: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return min(times)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)

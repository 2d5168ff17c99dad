"""The invented polls of a sample: about one an hour and store, with gaps, and stores that are down for a while."""

import numpy as np
from numpy.typing import NDArray

from producers.sample_stores import StoreBlock

HOURS_PER_DAY = 24
MICROS_PER_HOUR = 3_600_000_000

_OUTAGES = 3  # that a store can have in the time
_LONGEST_BLACKOUT = 40  # hours: the real files' largest gap is 2,450 minutes


def poll_lines(block: StoreBlock, days: int, end_micros: int, random: np.random.Generator) -> list[str]:
    """The block's rows of store_status.csv, one in 400 twice, ends of lines included; all before `end_micros`."""
    stores = np.flatnonzero(block.has_polls)
    slots = np.arange(days * HOURS_PER_DAY)
    polled = _polled(len(stores), slots, random)
    inactive = _inactive(len(stores), slots, random)
    rows, hours = np.nonzero(polled)
    micros = end_micros - (len(slots) - hours) * MICROS_PER_HOUR + _within_the_hour(len(rows), random)
    lines = _lines(block, stores[rows], inactive[rows, hours], micros, random)
    return lines + [lines[place] for place in random.permutation(len(lines))[: len(lines) // 400].tolist()]


def _polled(stores: int, slots: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.bool_]:
    """Whether a store was polled in an hour: each has its own likelihood, some a blackout of many hours."""
    likelihood = np.clip(random.normal(0.68, 0.13, (stores, 1)), 0.33, 0.97)
    begin = random.integers(len(slots), size=(stores, 1))
    length = _chosen((stores, 1), 0.05, random) * random.integers(4, _LONGEST_BLACKOUT, (stores, 1))
    polled = _chosen((stores, len(slots)), likelihood, random)
    return polled & ~((begin <= slots) & (slots < begin + length))


def _inactive(stores: int, slots: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.bool_]:
    """Whether a poll of the hour would find the store down: in its outages, and now and then for a moment."""
    inactive = _chosen((stores, len(slots)), 0.01, random)
    for _ in range(_OUTAGES):
        begin = random.integers(len(slots), size=(stores, 1))
        hours = _chosen((stores, 1), 0.55, random) * np.minimum(random.exponential(7, (stores, 1)), 30)
        days = _chosen((stores, 1), 0.008, random) * (1 + random.random((stores, 1)) * 5)
        inactive |= (begin <= slots) & (slots < begin + hours + days * HOURS_PER_DAY)
    return inactive


def _chosen(
    shape: tuple[int, int], share: float | NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.bool_]:
    """True for that share of the places."""
    return random.random(shape, np.float32) < share


def _within_the_hour(count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Microseconds into the hour: a scan begins on the hour and takes some minutes. Some times have few digits."""
    micros = np.minimum(random.exponential(0.12, count) * MICROS_PER_HOUR, MICROS_PER_HOUR - 1).astype(np.int64)
    digits = random.choice([1, 10, 1_000, 100_000, 1_000_000], count, p=[0.96, 0.02, 0.01, 0.005, 0.005])
    cut: NDArray[np.int64] = micros - micros % digits
    return cut


def _lines(
    block: StoreBlock,
    stores: NDArray[np.int64],
    inactive: NDArray[np.bool_],
    micros: NDArray[np.int64],
    random: np.random.Generator,
) -> list[str]:
    """Rows as the real files spell them: fractions without their last zeros, now and then a space behind the id."""
    times = np.char.replace(np.datetime_as_string(micros.view("datetime64[us]")), "T", " ").tolist()
    spaces = _chosen((1, len(stores)), 0.002, random)[0].tolist()
    return [
        f"{block.ids[store]}{' ' if has_space else ''},{'inactive' if is_inactive else 'active'},{_trimmed(time)} UTC\n"
        for store, is_inactive, time, has_space in zip(stores.tolist(), inactive.tolist(), times, spaces, strict=True)
    ]


def _trimmed(time: str) -> str:
    return time.rstrip("0").rstrip(".") if time[-1] == "0" else time

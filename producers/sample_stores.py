"""The invented stores of a sample: their ids, and which of them have polls, hours and a zone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COMMON_ZONES = (
    *("America/New_York",) * 12,
    *("America/Los_Angeles",) * 5,
    *("America/Chicago",) * 3,
    *("America/Phoenix",) * 2,
    "America/Denver",
    "America/Detroit",
)
RARE_ZONES = (
    "Asia/Kolkata",
    "Pacific/Honolulu",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/St_Johns",
    "Europe/London",
    "America/Boise",
    "America/Indiana/Indianapolis",
    "America/Edmonton",
)

_ONE_RARE_IN = 15
_DAMAGED = 77  # the number of the store
_ID_BITS = np.uint64((1 << 63) - 1)
_ID_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two of 2^63 stores get one id


@dataclass(frozen=True, slots=True)
class StoreBlock:
    """Some stores: ids as text, and a mark or a zone for each."""

    ids: list[str]
    has_polls: NDArray[np.bool_]
    has_hours: NDArray[np.bool_]
    zones: list[str | None]


def store_blocks(stores: int, seed: int, per_block: int) -> Iterator[StoreBlock]:
    """All stores, `per_block` at a time.

    Shares as in the real files: 18 % without hours, a few with a zone alone, with hours alone, or without a zone. Which
    store is of which kind follows from its number, so that 100 stores have all of them.
    """
    for first in range(0, stores, per_block):
        numbers = np.arange(first, min(first + per_block, stores))
        zone_alone, hours_alone = _one_in(50, 11, numbers), _one_in(100, 23, numbers)
        without_hours = _one_in(6, 4, numbers) & ~hours_alone | zone_alone
        without_zone = _one_in(40, 37, numbers) & ~zone_alone | hours_alone
        zones = [None if without else _zone(n) for n, without in zip(numbers.tolist(), without_zone, strict=True)]
        yield StoreBlock(_ids(numbers, seed), ~(zone_alone | hours_alone), ~without_hours, zones)


def _one_in(many: int, which: int, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    chosen: NDArray[np.bool_] = numbers % many == which
    return chosen


def _ids(numbers: NDArray[np.int64], seed: int) -> list[str]:
    """64-bit ids; one of them was damaged by a spreadsheet."""
    start = np.random.default_rng(seed).integers(1 << 63, dtype=np.uint64)
    ids = start + (numbers.astype(np.uint64) + np.uint64(1)) * _ID_STEP & _ID_BITS
    return ["8.4E+18" if n == _DAMAGED else str(i) for n, i in zip(numbers.tolist(), ids.tolist(), strict=True)]


def _zone(number: int) -> str:
    rank, is_common = divmod(number, _ONE_RARE_IN)
    if not is_common:
        return RARE_ZONES[rank % len(RARE_ZONES)]
    return COMMON_ZONES[number % len(COMMON_ZONES)]

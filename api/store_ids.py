"""The ids of a fleet in one piece of memory: cheap to keep, to send to another process and to search."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

_BETWEEN = b"\0"  # no id has a control character


@dataclass(frozen=True, slots=True, eq=False)
class StoreIds:
    """n ids in `packed` (uint8), each followed by a zero byte; `ends` (int64, n) are the places of these."""

    packed: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, ids: Sequence[bytes]) -> Self:
        """These ids, in this order."""
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        packed = _BETWEEN.join(chain(ids, (b"",)))
        return cls(np.frombuffer(packed, np.uint8), np.cumsum(lengths + 1) - 1)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, row: int) -> str:
        start = int(self.ends[row - 1]) + 1 if row else 0
        return self.packed[start : int(self.ends[row])].tobytes().decode()

    def with_part(self, part: str) -> NDArray[np.bool_]:
        """Whether each id has this part, which is taken as it is; all have one of no characters."""
        found = np.zeros(len(self), bool)
        wanted = part.encode(errors="surrogatepass")
        if _BETWEEN not in wanted:
            found[np.searchsorted(self.ends, self._places_of(wanted))] = True
        return found

    def _places_of(self, wanted: bytes) -> NDArray[np.int64]:
        """Where these bytes begin; by numpy, which lets other threads run meanwhile."""
        if not wanted:
            return self.ends
        places = np.flatnonzero(self.packed[: max(len(self.packed) - len(wanted) + 1, 0)] == wanted[0])
        for at, byte in enumerate(wanted[1:], 1):
            places = places[self.packed[places + at] == byte]
        return places

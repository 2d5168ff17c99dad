"""Arrays handed from one process to another in a file that both map.

What comes through a pipe is unpickled under the GIL: 48 MB of a million stores held every other thread for as long as
that took. Here only the places of the arrays come through it, and their pages are read when they are needed.
"""

import mmap
import pickle
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Generic, TypeVar

_ALIGNED = 64  # bytes, so that numpy's loops run at their full speed

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Mapped(Generic[_Value]):
    """A pickled value whose arrays stand in a file: `lengths` are theirs in bytes, each begins at a multiple of 64."""

    path: Path
    pickled: bytes
    lengths: tuple[int, ...]

    @classmethod
    def write(cls, value: _Value, path: Path) -> "Mapped[_Value]":
        """Put the value's arrays into a new file; raises OSError."""
        arrays: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
        views = [array.raw() for array in arrays]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for view in views:
                file.write(view)
                file.write(bytes(-view.nbytes % _ALIGNED))
        return cls(path, pickled, tuple(view.nbytes for view in views))

    def take(self) -> _Value:
        """The value, whose arrays can't be written; its file is gone from the folder. Raises OSError."""
        starts = [0]
        for length in self.lengths:
            starts.append(starts[-1] + length + -length % _ALIGNED)
        with self.path.open("rb") as file:
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if starts[-1] else b"")
        self.path.unlink()
        views = [
            whole[start : start + length] for (start, _), length in zip(pairwise(starts), self.lengths, strict=True)
        ]
        value: _Value = pickle.loads(self.pickled, buffers=views)  # noqa: S301 - our own child has written it
        return value

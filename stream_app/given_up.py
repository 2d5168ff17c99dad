"""The parts of a service that `store-monitor up` doesn't start again: it writes the file, the API reads it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from stream_app.atomic_file import replacing
from stream_app.errors import StateError


class GivenUp(msgspec.Struct, frozen=True):
    """A part, such as `worker-1`, and in one sentence why it is not started again."""

    part: str
    reason: str

    def __str__(self) -> str:
        """The sentence of readiness, pages and failed reports."""
        return f"{self.part} is stopped and not started again: {self.reason}"


def write_given_up(path: Path, parts: Sequence[GivenUp]) -> None:
    """Replace the file; a reader sees the old one or the new one, whole."""
    with replacing(path) as file:
        file.write(msgspec.json.encode(parts))


def read_given_up(path: Path | None) -> list[GivenUp]:
    """The parts in the file, none where there is no file; raises StateError where it is another kind of file."""
    if path is None:
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[GivenUp])
    except FileNotFoundError:
        return []
    except msgspec.MsgspecError as error:
        message = f"{path} is no list of parts that were given up ({error}); remove it, or name another GIVEN_UP_FILE"
        raise StateError(message) from error

"""The progress file of a replay: the producers write it, the supervisor and the API's readiness read it."""

from pathlib import Path
from typing import Literal

import msgspec

from stream_app.atomic_file import replacing
from stream_app.errors import StateError


class KindSummary(msgspec.Struct, frozen=True):
    """What was taken of the file of one kind: its valid rows, and the stores that they are of.

    `alone` counts the stores that no other file has, `examples` are the first of them; none where there is no other.
    """

    file: str
    rows: int
    stores: int
    alone: int
    examples: list[str]


class Assumed(msgspec.Struct, frozen=True):
    """Stores of the files that a default holds for: nothing was given of them, or every row was refused."""

    not_given: int
    all_refused: int


class InputSummary(msgspec.Struct, frozen=True):
    """What was taken of each file; None where there is none of the kind.

    By these files alone `always_open` are the stores that count as open around the clock, and `default_zone` those that
    count as in America/Chicago.
    """

    polls: KindSummary | None
    hours: KindSummary | None
    zones: KindSummary | None
    always_open: Assumed = Assumed(0, 0)
    default_zone: Assumed = Assumed(0, 0)


class ReplayProgress(msgspec.Struct, frozen=True):
    """How far a replay is. Sent means acknowledged by Kafka; first and last poll are the times of valid rows, ISO 8601.

    A replay that was killed leaves `running` behind: whoever started it knows better.
    """

    state: Literal["running", "done", "failed"]
    rows_read: int
    polls_sent: int
    calendars_sent: int
    rejected: dict[str, int]
    first_poll: str | None
    last_poll: str | None
    error: str | None
    input: InputSummary | None = None  # at the end


def write_progress(path: Path, progress: ReplayProgress) -> None:
    """Replace the file; a reader sees the old one or the new one, whole."""
    with replacing(path) as file:
        file.write(msgspec.json.encode(progress))


def read_progress(path: Path) -> ReplayProgress | None:
    """What the file says, None where there is none; raises StateError where it is no progress file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ReplayProgress)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        message = f"{path} is not the progress file of a replay ({error}); remove it, or name another"
        raise StateError(message) from error

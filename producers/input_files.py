"""The input files of one replay: what kinds there are, how they are named, and which of them lie in a directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stream_app.errors import UsageError


@dataclass(frozen=True, slots=True)
class InputKind:
    """One kind of file: its title, its possible names, and its columns, each with the headers that stand for it."""

    title: Literal["polls", "hours", "zones"]
    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]

    @property
    def all_names(self) -> tuple[str, ...]:
        """The names as they are, and compressed."""
        return tuple(name + suffix for name in self.names for suffix in ("", ".gz"))


POLLS = InputKind("polls", ("store_status.csv",), (("store_id",), ("status",), ("timestamp_utc",)))
HOURS = InputKind(
    "hours",
    ("menu_hours.csv", "business_hours.csv", "store_hours.csv", "store_business_hours.csv"),
    (("store_id",), ("day", "dayOfWeek", "day_of_week"), ("start_time_local",), ("end_time_local",)),
)
ZONES = InputKind(
    "zones",
    ("timezones.csv", "store_timezones.csv", "timezone.csv"),
    (("store_id",), ("timezone_str", "timezone")),
)
KINDS = (POLLS, HOURS, ZONES)


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The file of each kind; None where there is none of it."""

    polls: Path | None = None
    hours: Path | None = None
    zones: Path | None = None


def find_input_files(directory: Path | None, given: InputFiles) -> InputFiles:
    """The files given one by one, and those of the other kinds that lie in the directory.

    Raises UsageError where two files of one kind lie there, and where there is no file at all.
    """
    files = InputFiles(
        given.polls or _the_one(directory, POLLS),
        given.hours or _the_one(directory, HOURS),
        given.zones or _the_one(directory, ZONES),
    )
    if files == InputFiles():
        raise UsageError(_nothing_found(directory))
    return files


def files_in(directory: Path, kind: InputKind) -> Sequence[Path]:
    """Every file in the directory that is named as one of the kind."""
    return [path for name in kind.all_names if (path := directory / name).is_file()]


def _the_one(directory: Path | None, kind: InputKind) -> Path | None:
    found = [] if directory is None else files_in(directory, kind)
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        message = (
            f"{directory} holds several files of {kind.title}: {names}. Leave one, or choose with --{kind.title} FILE"
        )
        raise UsageError(message)
    return found[0] if found else None


def _nothing_found(directory: Path | None) -> str:
    if directory is None:
        return "no input: name a DIR, or files with --polls, --hours, --zones"
    names = ", ".join(name for kind in KINDS for name in kind.names)
    return f"{directory} holds none of the input files ({names}; each also as .gz)"

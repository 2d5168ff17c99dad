"""What lies in a directory: each file that may be an input, with the kind that its header tells, or why it is none."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from producers.input_errors import UnreadableInputError
from producers.input_header import Header, read_header
from producers.input_kinds import KINDS, InputKind, is_plainly_other, is_store_id, shown_name
from producers.input_source import InputSource
from stream_app.errors import UsageError

_DATA_ENDING = re.compile(
    r"\.(csv|tsv|tab|gz|zip|bz2|xz|zst|7z|rar|xls[xmb]?|ods|numbers|parquet|avro|orc|feather|jsonl|ndjson)$",
    re.IGNORECASE,
)
_COLUMN_NAME = re.compile(r"[A-Za-z_][\w .-]{0,40}")
_OF_A_REPORT = "uptime_"
_WANTED = "; ".join(f"{kind.title}: {', '.join(kind.wanted)}" for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be an input.

    `usual_kind` is the kind that its name belongs to, `kinds` those that its header has, its own first. Without any,
    `why_unused` says why, and `error` is that of the reading.
    """

    path: Path
    usual_kind: InputKind | None
    kinds: Sequence[InputKind] = ()
    has_rows: bool = True
    why_unused: str = ""
    error: UnreadableInputError | None = None

    @property
    def kind(self) -> InputKind | None:
        """The kind that it is taken as, None where it is of none."""
        return self.kinds[0] if self.kinds else None


def look_into(directory: Path, most: int | None = None) -> list[Candidate]:
    """Every file of the directory that may be an input, by name, of at most so many; raises UsageError."""
    try:
        paths = sorted(path for path in directory.iterdir() if not _is_passed_over(path))
    except OSError as error:
        message = f"{directory} can't be looked into: {error}"
        raise UsageError(message) from error
    return list(_candidates(islice(paths, most)))


def folders_in(directory: Path) -> list[Path]:
    """The folders of a directory, but for hidden ones, by name."""
    return sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_passed_over(path: Path) -> bool:
    """Folders, hidden files, those that Office keeps beside an open document, and what is plainly no table."""
    return path.is_dir() or path.name.startswith((".", "~$")) or is_plainly_other(path.name)


def _candidates(paths: Iterator[Path]) -> Iterator[Candidate]:
    for path in paths:
        usual = next((kind for kind in KINDS if kind.is_usual_name(path.name)), None)
        if not path.is_file():
            yield Candidate(path, usual, why_unused="it is no regular file. Give a pipe with --polls, --hours, --zones")
            continue
        try:
            header = read_header(InputSource.of(path))
        except UnreadableInputError as error:
            yield Candidate(path, usual, why_unused=str(error.cause), error=error)
            continue
        kinds = sorted(header.kinds, key=lambda kind: kind is not usual)  # stable: that of most columns comes next
        why = "" if kinds else _why_unused(path, header)
        if kinds or why or usual:
            yield Candidate(path, usual, kinds, header.next_row is not None, why)


def _why_unused(path: Path, header: Header) -> str:
    """Why a file that looks like data is none; empty for one that looks like something else."""
    names = [shown_name(name) for name in header.names]
    if any(name.startswith(_OF_A_REPORT) for name in names):
        return ""
    has_data_ending = _DATA_ENDING.search(path.name) is not None
    if not names:
        return "it is empty" if has_data_ending else ""
    if not all(name.isprintable() for name in names):
        return "it is no table of text. Save it as CSV" if has_data_ending else ""
    if has_data_ending or any(map(is_store_id, names)) or _is_table(header):
        return f"its columns ({', '.join(names)}) are those of no kind. Name them in its first row ({_WANTED})"
    return ""


def _is_table(header: Header) -> bool:
    """Whether the first row is made of names, and the next one is as long."""
    is_long = len(header.names) > 1 and all(_COLUMN_NAME.fullmatch(shown_name(name)) for name in header.names)
    return is_long and header.next_row is not None and len(header.next_row) == len(header.names)

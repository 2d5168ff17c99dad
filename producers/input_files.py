"""The input files of one replay: those given one by one, and those of a directory, each known by its header."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from producers.input_candidates import Candidate, folders_in, look_into
from producers.input_errors import WorkbookSupportError
from producers.input_header import read_header
from producers.input_kinds import HOURS, KINDS, POLLS, ZONES, InputKind
from producers.input_source import InputSource
from producers.input_table import InputTable
from stream_app.errors import UsageError

_EMPTY = "{name} has a header and no rows: there are no {title} in it"
_MOST_FOLDERS, _MOST_FILES = 20, 50  # of those below that are looked into for a hint


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The file of each kind, None where there is none of it.

    `notes` name each file that looks like data and isn't used, or has nothing in it, with the reason and what to do.
    """

    polls: Path | None = None
    hours: Path | None = None
    zones: Path | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)


def find_input_files(directory: Path | None, given: InputFiles) -> InputFiles:
    """The files given one by one, and those of the other kinds that lie in the directory.

    Raises UsageError where two files of one kind lie there, and where there is no file at all; the errors of
    InputTable.check for a file that has the usual name of a kind that no other file is of, and isn't of it; and
    WorkbookSupportError where such a kind may be in a workbook that can't be read.
    """
    candidates = [] if directory is None else look_into(directory)
    own = {"polls": given.polls, "hours": given.hours, "zones": given.zones}
    chosen = {kind: own[kind.title] or _the_one(directory, candidates, kind) for kind in KINDS}
    missing = [kind for kind in KINDS if chosen[kind] is None]
    for candidate in candidates:
        if missing and isinstance(candidate.error, WorkbookSupportError):
            raise candidate.error
    notes = list(_notes(candidates, chosen))
    for kind in KINDS:
        if (path := own[kind.title]) is not None:
            notes += _header_alone(path, kind)
    if directory is not None and missing:
        notes += _below(directory, missing)
    if len(missing) == len(KINDS):
        raise UsageError(_nothing_found(directory, notes))
    return InputFiles(chosen[POLLS], chosen[HOURS], chosen[ZONES], tuple(notes))


def files_in(directory: Path) -> Sequence[str]:
    """The names of the files in a directory that are of some kind, or are named as if they were."""
    return [candidate.path.name for candidate in look_into(directory) if candidate.kind or candidate.usual_kind]


def _the_one(directory: Path | None, candidates: Sequence[Candidate], kind: InputKind) -> Path | None:
    found = [candidate for candidate in candidates if candidate.kind is kind]
    found = found or [c for c in candidates if c.kind is None and c.usual_kind is kind]
    if len(found) > 1:
        names = " and ".join(candidate.path.name for candidate in found)
        message = (
            f"{directory} holds several files of {kind.title}: {names}. Leave one, or choose with --{kind.title} FILE"
        )
        raise UsageError(message)
    if not found:
        return None
    if found[0].kind is None:
        InputTable.check(found[0].path, kind)  # says what is wrong with a file of that name
    return found[0].path


def _notes(candidates: Sequence[Candidate], chosen: Mapping[InputKind, Path | None]) -> Iterator[str]:
    """What is to be said of the files of the directory."""
    for candidate in candidates:
        name, kind = candidate.path.name, candidate.kind
        if kind is None:
            if candidate.why_unused:
                yield f"{name} is not used: {candidate.why_unused}"
        elif not _is_same(candidate.path, chosen[kind]):
            yield f"{name} is not used: --{kind.title} names another file of {kind.title}"
        elif not candidate.has_rows:
            yield _EMPTY.format(name=name, title=kind.title)
        else:
            yield from _used_in_part(candidate, chosen)


def _used_in_part(candidate: Candidate, chosen: Mapping[InputKind, Path | None]) -> Iterator[str]:
    for other in candidate.kinds[1:]:
        if chosen[other] is None:
            kind = candidate.kinds[0].title
            yield (
                f"{candidate.path.name} is read for its {kind} alone, and has the columns of {other.title} too: "
                f"give it with --{other.title} as well, or copy those columns into a file of their own"
            )


def _header_alone(path: Path, kind: InputKind) -> Iterator[str]:
    """A word on a file that was given, and has no rows; a pipe can't be looked into before it is read."""
    if path.is_file():
        header = read_header(InputSource.of(path), kind)
        if header.is_of(kind) and header.next_row is None:
            yield _EMPTY.format(name=path.name, title=kind.title)


def _below(directory: Path, missing: Sequence[InputKind]) -> Iterator[str]:
    """Which folders of the directory hold a kind that the directory itself lacks."""
    for folder in folders_in(directory)[:_MOST_FOLDERS]:
        found = [candidate for candidate in look_into(folder, _MOST_FILES) if candidate.kind in missing]
        if found:
            names = ", ".join(candidate.path.name for candidate in found)
            yield f"{folder} holds {names}, not used: only the files of {directory} itself are. Move them there"


def _is_same(path: Path, chosen: Path | None) -> bool:
    return chosen is not None and chosen.exists() and path.samefile(chosen)


def _nothing_found(directory: Path | None, notes: Sequence[str]) -> str:
    if directory is None:
        return "no input: name a DIR, or files with --polls, --hours, --zones"
    wanted = "; ".join(f"{kind.title}: {', '.join(kind.wanted)}" for kind in KINDS)
    seen = "".join(f"\n{note}" for note in notes)
    return (
        f"{directory} holds no input file. A CSV file of any name is one by the columns in its header ({wanted}){seen}"
    )

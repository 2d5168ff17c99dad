"""An input that goes into a state directory: whether it belongs there, and what stays there of those before it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from producers.input_files import InputFiles
from stream_app.errors import UsageError
from stream_app.local.dead_letters_view import printable
from stream_app.local.state_directory import Replayed, digest_of
from stream_app.local.topic_content import read_topic

_EXAMPLES = 3

CalendarPlaces = Mapping[bytes, tuple[int, int]]
"""Partition and offset of the record that holds a store's calendar, by the store's id."""


class OtherInputError(UsageError):
    """The state directory holds the state of another input."""

    def __init__(self, directory: Path, known: Sequence[str], place: str) -> None:
        self.known = known
        self.place = place
        super().__init__(
            f"{directory} holds the state of {' and '.join(known)}, and {place} is another input, so that their stores "
            "would be reported together. Choose a state directory of its own with --state-dir DIR, start without the "
            "old state with --fresh, or let both count with --add"
        )


def place_of(data: Path) -> str:
    """By what an input is known again: its folder's absolute path, with links followed."""
    return str(data.resolve())


def replayed_now(data: Path, files: InputFiles) -> Replayed:
    """The note on an input, before it is known when its polls are; reads every file once."""
    paths = [path for path in (files.polls, files.hours, files.zones) if path is not None]
    return Replayed(str(data), digest_of(paths), place=place_of(data))


def check_place(directory: Path, known: Sequence[Replayed], new: Replayed) -> None:
    """Raise OtherInputError where only other inputs were replayed into the directory.

    The files may have changed: a folder is known by its place. Another folder is known by its files, since it may have
    been moved. An entry without a place is of the time when none was kept, and can't contradict.
    """
    places = {entry.place for entry in known if entry.place is not None}
    if places and new.place not in places and all(entry.digest != new.digest for entry in known):
        raise OtherInputError(directory, sorted(places), str(new.place))


def other_places(known: Iterable[Replayed], new: Replayed | None) -> list[str]:
    """The places of inputs that were replayed, but for that of this one."""
    places = {entry.place for entry in known if entry.place is not None}
    return sorted(places - {new.place if new is not None else None})


def is_of_unknown_place(known: Sequence[Replayed]) -> bool:
    """Whether inputs were replayed, but nobody noted from where."""
    return bool(known) and all(entry.place is None for entry in known)


def kept_polls(directory: Path, others: Sequence[Replayed]) -> str:
    """The sentence on the polls of other inputs, or of the same files before they were changed."""
    first = min((entry.first_poll for entry in others if entry.first_poll), default="none")
    last = max((entry.last_poll for entry in others if entry.last_poll), default="none")
    sources = ", ".join(dict.fromkeys(entry.source for entry in others))
    return (
        f"{directory} already holds polls from {first} to {last} ({sources}); they count too. "
        "--fresh starts without them."
    )


def kept_calendars(directory: Path, before: CalendarPlaces, after: CalendarPlaces) -> str | None:
    """The sentence on calendars that a replay has not sent anew: those that stand where they stood before it."""
    kept = sorted(printable(key.decode(errors="backslashreplace")) for key, _ in before.items() & after.items())
    if not kept:
        return None
    stores = "1 store" if len(kept) == 1 else f"{len(kept):,} stores"
    more = ", …" if len(kept) > _EXAMPLES else ""
    return (
        f"{directory} keeps the hours and zones from before for {stores} of which this input has neither: "
        f"{', '.join(kept[:_EXAMPLES])}{more}. They hold on; --fresh starts without them."
    )


async def calendar_places(brokers: str, topic: str) -> dict[bytes, tuple[int, int]]:
    """Where each store's calendar stands now; raises what read_topic does."""
    places: dict[bytes, tuple[int, int]] = {}

    def take(record: Any) -> None:
        key = record.key or b""
        if record.value is None:
            places.pop(key, None)
        else:
            places[key] = record.partition, record.offset

    await read_topic(brokers, topic, take)
    return places

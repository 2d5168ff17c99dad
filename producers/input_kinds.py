"""The kinds of input files: the columns each needs, and the headers by which a file is known as one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Title = Literal["polls", "hours", "zones"]

_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_INVISIBLE = "\ufeff\u200b\u2060"  # byte-order marks and spaces without width, which no editor shows
_PLAINLY_OTHER = re.compile(
    r"\.(md|rst|html?|xml|json|ya?ml|toml|ini|cfg|py|ipynb|js|css|sh|sql|pdf|docx?|pptx?|png|jpe?g|gif|svg|webp|bmp|ico"
    r"|heic|tiff?|mp[34]|mov|wav|db|sqlite3?|exe)$",
    re.IGNORECASE,
)
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|gz|zip))+$")


class AmbiguousHeaderError(Exception):
    """Two columns of a header could be the one that is needed."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(", ".join(names))


@dataclass(frozen=True, slots=True)
class InputKind:
    """One kind of file: its title, its usual names without ending, and its columns, each with its headers."""

    title: Title
    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]

    @property
    def wanted(self) -> list[str]:
        """The columns in words, such as `day or dayOfWeek`."""
        return [" or ".join(column) for column in self.columns]

    def is_usual_name(self, file_name: str) -> bool:
        """Whether a file of this name is expected to be of this kind, whatever is in it."""
        return _ENDINGS.sub("", file_name.lower()) in self.names

    def places(self, header: Sequence[str]) -> tuple[int, ...] | None:
        """The place of each column in a header, None where one is missing; raises AmbiguousHeaderError."""
        names = [shown_name(name).lower() for name in header]
        found = [_places_of(names, column) for column in self.columns]
        if not all(found):
            return None
        for places in found:
            if len(places) > 1:
                raise AmbiguousHeaderError([shown_name(header[place]) for place in places])
        return tuple(places[0] for places in found)

    def is_kind_of(self, header: Sequence[str]) -> bool:
        """Whether the header has every column, be it twice."""
        try:
            return self.places(header) is not None
        except AmbiguousHeaderError:
            return True


POLLS = InputKind("polls", ("store_status",), (("store_id",), ("status",), ("timestamp_utc",)))
HOURS = InputKind(
    "hours",
    ("menu_hours", "business_hours", "store_hours", "store_business_hours"),
    (("store_id",), ("day", "dayOfWeek", "day_of_week"), ("start_time_local",), ("end_time_local",)),
)
ZONES = InputKind(
    "zones",
    ("timezones", "store_timezones", "timezone"),
    (("store_id",), ("timezone_str", "timezone")),
)
KINDS = (POLLS, HOURS, ZONES)


def shown_name(name: str) -> str:
    """A header's name without spaces, quotes and invisible characters around it."""
    return name.strip(_INVISIBLE + " \t\r\n\"'")


def is_plainly_other(file_name: str) -> bool:
    """Whether the ending of a file says that it is no table."""
    return _PLAINLY_OTHER.search(file_name) is not None


def is_store_id(name: str) -> bool:
    """Whether a header's name is that of the store's id, in any spelling."""
    return bool(_places_of([shown_name(name).lower()], ("store_id",)))


def _places_of(names: Sequence[str], column: Sequence[str]) -> list[int]:
    """The places of a column's headers as they are documented, otherwise those that differ in what parts the words."""
    exact = [place for place, name in enumerate(names) if name in map(str.lower, column)]
    if exact:
        return exact
    loose = {_BETWEEN_WORDS.sub("", header.lower()) for header in column}
    return [place for place, name in enumerate(names) if _BETWEEN_WORDS.sub("", name) in loose]

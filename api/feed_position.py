"""Where a reader of the status changes stands: an event's id, and what a stream resumes from."""

import re
from dataclasses import dataclass

from stream_app.errors import StoreMonitorError

_PART = re.compile(r"([0-9]{1,5}):([0-9]{1,18})")
_MAX_TEXT = 16_384


class BadEventIdError(StoreMonitorError):
    """A text is no id that a stream of statuses gave."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text[:64]!r} is no event id of this API, such as 0:123,1:77")


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """The offset that is read next, of each partition; as text `0:123,1:77`."""

    offsets: tuple[int, ...]

    def __str__(self) -> str:
        return ",".join([f"{partition}:{offset}" for partition, offset in enumerate(self.offsets)])

    def reaches(self, other: "FeedPosition") -> bool:
        """Whether everything before `other` lies before this one too; False for another number of partitions."""
        return len(self.offsets) == len(other.offsets) and all(
            mine >= theirs for mine, theirs in zip(self.offsets, other.offsets, strict=True)
        )

    def at_most(self, other: "FeedPosition") -> "FeedPosition":
        """Of each partition the earlier of the two."""
        return FeedPosition(tuple(map(min, self.offsets, other.offsets)))

    def at_least(self, other: "FeedPosition") -> "FeedPosition":
        """Of each partition the later of the two."""
        return FeedPosition(tuple(map(max, self.offsets, other.offsets)))

    def distance_to(self, later: "FeedPosition") -> int:
        """How many offsets lie between, those of transaction markers among them."""
        return sum(max(0, end - start) for start, end in zip(self.offsets, later.offsets, strict=True))


def parse_position(text: str) -> FeedPosition:
    """The position that an id names; raises BadEventIdError."""
    found = [_PART.fullmatch(part) for part in text[:_MAX_TEXT].split(",")]
    offsets: list[int] = []
    for place, part in enumerate(found):
        if part is None or int(part[1]) != place:
            raise BadEventIdError(text)
        offsets.append(int(part[2]))
    return FeedPosition(tuple(offsets))

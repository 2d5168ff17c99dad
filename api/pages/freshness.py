"""How fresh a page is, in words: what is missing, what is behind, how old the newest poll is."""

from dataclasses import dataclass
from enum import StrEnum

from api.pages.wording import Moment, count, duration, moment
from api.schemas import Readiness
from stream_app.domain.poll import MICROS_PER_MINUTE
from stream_app.domain.windows import floor_to_minute

QUIET_AFTER_MINUTES = 120  # stores are polled about once an hour
_REASONS_SHOWN = 5


class Level(StrEnum):
    """How bad it is."""

    FRESH = "fresh"
    BEHIND = "behind"
    QUIET = "quiet"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Freshness:
    """The banner of every page."""

    level: Level
    title: str
    details: list[str]
    stream_time: Moment | None


def freshness(readiness: Readiness, stream_time: int | None, now: int) -> Freshness:
    """What a page has to say before its figures; the newest poll's time and the wall clock's are in microseconds."""
    level, title = _of_stopped(readiness.stopped) or _judged(readiness, stream_time, now)
    shown = readiness.reasons[:_REASONS_SHOWN]
    more = len(readiness.reasons) - len(shown)
    details = [*shown, *([f"and {count(more, 'more reason')}"] if more else [])]
    return Freshness(level, title, details, None if stream_time is None else moment(floor_to_minute(stream_time)))


def _of_stopped(parts: list[str]) -> tuple[Level, str] | None:
    """Of parts that aren't started again; the details say why."""
    if not parts:
        return None
    return Level.BROKEN, f"{', '.join(parts)} stopped for good: these figures may lack new polls"


def _judged(readiness: Readiness, stream_time: int | None, now: int) -> tuple[Level, str]:
    if (broken := _broken(readiness)) is not None:
        return Level.BROKEN, broken
    if readiness.replay == "running":
        return Level.BEHIND, "A replay is running: the figures still change"
    if not readiness.ready:
        behind = sum(each.lag or 0 for each in readiness.partitions)
        return Level.BEHIND, f"{count(behind, 'record')} behind: the newest polls are not in these figures yet"
    quiet = 0 if stream_time is None else (now - stream_time) // MICROS_PER_MINUTE
    if quiet > QUIET_AFTER_MINUTES:
        return Level.QUIET, f"No poll for {duration(quiet)}: the figures are those of the newest one"
    partitions = {each.partition for each in readiness.partitions}
    return Level.FRESH, f"Up to date: {count(len(partitions), 'partition')}, nothing behind"


def _broken(readiness: Readiness) -> str | None:
    """Why the figures can't be relied on, None where they are merely behind, or good."""
    partitions = {each.partition for each in readiness.partitions}
    missing = sorted({each.partition for each in readiness.partitions if each.position is None})
    if readiness.code == "topics_unusable":
        return "Kafka's topics were replaced: what you see is of the old ones"
    if any(each.end is None for each in readiness.partitions) or (not partitions and not readiness.ready):
        return "Kafka does not answer: what you see may be out of date"
    if missing:
        names = ", ".join(map(str, missing))
        return (
            f"{len(missing)} of {count(len(partitions), 'partition')} missing ({names}): their stores are not counted"
        )
    return None

"""The banner says the worst that is so, in words."""

import pytest

from api.pages.freshness import Level, freshness
from api.schemas import PartitionLag, Readiness

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000


def lag(partition: int, position: int | None = 10, end: int | None = 10) -> PartitionLag:
    behind = None if end is None else end - (position or 0)
    return PartitionLag(partition=partition, topic="store-polls", position=position, end=end, lag=behind)


def readiness(*partitions: PartitionLag, reasons: tuple[str, ...] = ()) -> Readiness:
    return Readiness(ready=not reasons, reasons=list(reasons), replay=None, partitions=list(partitions))


def unusable(*partitions: PartitionLag) -> Readiness:
    return readiness(*partitions, reasons=("x",)).model_copy(update={"code": "topics_unusable"})


@pytest.mark.parametrize(
    ("found", "stream_time", "level", "title"),
    [
        (readiness(lag(0), lag(1)), NOW, Level.FRESH, "Up to date: 2 partitions, nothing behind"),
        (readiness(lag(0)), NOW - 5 * HOUR, Level.QUIET, "No poll for 5 h: the figures are those of the newest one"),
        (readiness(lag(0, 4), reasons=("x",)), NOW, Level.BEHIND, "6 records behind: the newest polls"),
        (readiness(lag(0), lag(1, None), reasons=("x",)), NOW, Level.BROKEN, "1 of 2 partitions missing (1)"),
        (readiness(lag(0, end=None), reasons=("x",)), NOW, Level.BROKEN, "Kafka does not answer"),
        (readiness(reasons=("x",)), None, Level.BROKEN, "Kafka does not answer"),
        (unusable(lag(0)), NOW, Level.BROKEN, "Kafka's topics were replaced"),
        (unusable(lag(0, end=None)), NOW, Level.BROKEN, "Kafka's topics were replaced"),
    ],
    ids=str,
)
def test_the_banner_says_the_worst(found: Readiness, stream_time: int | None, level: Level, title: str) -> None:
    banner = freshness(found, stream_time, NOW)

    assert banner.level is level
    assert banner.title.startswith(title)


def test_a_part_that_is_stopped_for_good_comes_before_all_else() -> None:
    found = Readiness(
        ready=False, reasons=["worker-1 is stopped: x"], stopped=["worker-1"], replay="running", partitions=[lag(0)]
    )

    banner = freshness(found, NOW, NOW)

    assert (banner.level, banner.title) == (
        Level.BROKEN,
        "worker-1 stopped for good: these figures may lack new polls",
    )
    assert banner.details == ["worker-1 is stopped: x"]


def test_a_replay_is_named() -> None:
    found = Readiness(ready=False, reasons=["the replay is running"], replay="running", partitions=[lag(0)])

    assert freshness(found, NOW, NOW).title.startswith("A replay is running")


def test_many_reasons_are_counted_rather_than_listed() -> None:
    banner = freshness(readiness(lag(0, 4), reasons=tuple("abcdefg")), NOW, NOW)

    assert banner.details == ["a", "b", "c", "d", "e", "and 2 more reasons"]

"""Sending again what dead letters hold, and clearing the letters of what Kafka has acknowledged.

First the records, then their acknowledgement, then the tombstones: a kill in between leaves letters whose polls are in
already, and sending those once more changes nothing.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from operator import attrgetter
from typing import Any

from producers.publisher import Publisher, open_publisher
from stream_app.codec.records import decode_calendar
from stream_app.dead_letters import RecordSource
from stream_app.domain.partitions import partition_of
from stream_app.domain.rejection import Rejected
from stream_app.local.dead_letter_box import Filed
from stream_app.local.second_look import Limits, Sendable, WhyKept, look_again
from stream_app.local.topic_content import read_topic
from stream_app.settings import Settings
from stream_app.topics import Topics, topics_of

LETTERS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of the letters: how many were sent again, are refused still (by code), and were kept untried."""

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    kept: Counter[WhyKept] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Resent:
    """A letter that would be taken now, and its record."""

    filed: Filed
    record: Sendable


@dataclass(frozen=True, slots=True)
class Written:
    """When Kafka took a record, in milliseconds, and where it stands."""

    millis: int
    source: RecordSource


async def retry(letters: Sequence[Filed], settings: Settings, *, allow_jump: bool = False) -> Retried:
    """Send those that parse now; raises what read_topic and open_publisher do, and then some may be sent twice."""
    topics, now = topics_of(settings), time.time()
    limits = Limits(round(now * 1_000_000), round(settings.max_future_s * 1_000_000), allow_jump)
    resent: list[Resent] = []
    refused: Counter[str] = Counter()
    kept: Counter[WhyKept] = Counter()
    for filed in reversed(letters):  # oldest first: of several calendars of a store the newest has to come last
        match look_again(filed.letter, topics, limits):
            case Sendable() as record:
                resent.append(Resent(filed, record))
            case Rejected(reason):
                refused[reason.value] += 1
            case WhyKept() as why:
                kept[why] += 1
    current = await _without_outdated_calendars(resent, topics, settings)
    kept[WhyKept.NEWER_CALENDAR] += len(resent) - len(current)
    await _send(current, topics, settings, now)
    return Retried(len(current), refused, +kept)


async def _send(resent: Sequence[Resent], topics: Topics, settings: Settings, now: float) -> None:
    if not resent:
        return
    async with open_publisher(settings.kafka_brokers) as publisher:
        for start in range(0, len(resent), LETTERS_AT_ONCE):
            part = resent[start : start + LETTERS_AT_ONCE]
            for topic in topics.sources:
                records = [(each.record.key, each.record.value) for each in part if each.record.topic == topic]
                await publisher.publish(topic, records, now)
            await publisher.all_acknowledged()
            await _tombstone(publisher, topics.dead_letters, part, now)


async def _tombstone(publisher: Publisher, topic: str, resent: Sequence[Resent], now: float) -> None:
    await publisher.publish(topic, [(each.filed.key, None) for each in resent], now)
    await publisher.all_acknowledged()


async def _without_outdated_calendars(resent: Sequence[Resent], topics: Topics, settings: Settings) -> Sequence[Resent]:
    """All but the calendars of stores whose topic holds a valid message that isn't older than the letter's."""
    wanted = {each.record.key for each in resent if each.record.topic == topics.calendars}
    if not wanted:
        return resent
    found: list[Any] = []

    def take(record: Any) -> None:
        if record.key in wanted:
            found.append(record)

    partitions = await read_topic(settings.kafka_brokers, topics.calendars, take)
    newest = newest_of_each_key(record for record in found if _counts(record, partitions))
    return [each for each in resent if not is_outdated(each, newest.get(each.record.key, ()))]


def newest_of_each_key(records: Iterable[Any]) -> dict[bytes, list[Written]]:
    """Of each key the two newest records: one of them is no letter's own, and what is older doesn't matter."""
    newest: dict[bytes, list[Written]] = {}
    for record in records:
        written = Written(record.timestamp, RecordSource(record.topic, record.partition, record.offset))
        newest[record.key] = nlargest(2, [written, *newest.get(record.key, ())], key=attrgetter("millis"))
    return newest


def is_outdated(resent: Resent, newest: Sequence[Written]) -> bool:
    """Whether the letter's calendar must give way; not to its own record, which today's rules would take."""
    if not newest:
        return False
    letter = resent.filed.letter
    letter_millis = round(datetime.fromisoformat(letter.time).timestamp() * 1000)
    return any(written.source != letter.source and written.millis >= letter_millis for written in newest)


def _counts(record: Any, partitions: int) -> bool:
    """Whether a worker takes this record of the calendars' topic."""
    is_home = record.partition == partition_of(record.key, partitions)
    return is_home and not isinstance(decode_calendar(record.key, record.value), Rejected)

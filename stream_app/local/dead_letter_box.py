"""The dead letters that there are: what the compacted topic comes to once it is read to its end."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from stream_app.dead_letters import DeadLetter, decode_dead_letter
from stream_app.local.topic_content import read_topic


@dataclass(frozen=True, slots=True)
class Filed:
    """A dead letter under the key that a tombstone needs."""

    key: bytes
    letter: DeadLetter


@dataclass(frozen=True, slots=True)
class DeadLetterBox:
    """Every dead letter, newest first; `strangers` counts records of the topic that are none."""

    filed: list[Filed] = field(default_factory=list)
    strangers: int = 0

    def of_reason(self, reason: str | None) -> "DeadLetterBox":
        """Those with one reason; None is every reason."""
        if reason is None:
            return self
        return DeadLetterBox([filed for filed in self.filed if filed.letter.reason == reason], self.strangers)

    def newest(self, limit: int | None) -> "DeadLetterBox":
        """At most `limit` of them; None is no limit."""
        return DeadLetterBox(self.filed[:limit], self.strangers)


async def read_dead_letters(brokers: str, topic: str) -> DeadLetterBox:
    """Of each key the last value, unless that is a tombstone; raises what read_topic does."""
    values: dict[bytes, bytes] = {}

    def take(record: Any) -> None:
        key = record.key or b""
        if record.value is None:
            values.pop(key, None)
        else:
            values[key] = record.value

    await read_topic(brokers, topic, take)
    return _sorted_out(values)


def _sorted_out(values: dict[bytes, bytes]) -> DeadLetterBox:
    filed: list[Filed] = []
    for key, value in values.items():
        try:
            filed.append(Filed(key, decode_dead_letter(value)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    filed.sort(key=lambda each: (each.letter.time, each.key), reverse=True)
    return DeadLetterBox(filed, len(values) - len(filed))

"""Where a consumer's reading stands, without a round trip, from any thread and for partitions just taken away too."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from faust.types import TP


def positions(consumer: AIOKafkaConsumer, partitions: Iterable[TP]) -> Mapping[TP, int]:
    """Where reading stands, for those of the partitions where that is known; aiokafka's position() would wait."""
    states = _states(consumer, partitions)
    return {tp: state.position for tp, state in states.items() if state.has_valid_position}


def readable_end(consumer: AIOKafkaConsumer, tp: TP) -> int | None:
    """The last stable offset; None before Kafka has told it, and where the partition isn't assigned."""
    state = _states(consumer, [tp]).get(tp)
    return None if state is None else state.lso


def _states(consumer: AIOKafkaConsumer, partitions: Iterable[TP]) -> Mapping[TP, Any]:
    subscription = consumer._subscription.subscription  # noqa: SLF001 - there is no public way that doesn't wait or assert
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return {}
    states = {tp: assignment.state_value(tp) for tp in partitions}
    return {tp: state for tp, state in states.items() if state is not None}

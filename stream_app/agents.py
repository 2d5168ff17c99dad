"""The agents: decode a run, give it to the partition's state, leave the rest to its checkpoints."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import faust
from faust.types import TP, EventT, StreamT

from stream_app.assignment import Assignment
from stream_app.dead_letters import DeadLetterItem
from stream_app.intake import take_in_calendars, take_in_polls
from stream_app.partition_state import PartitionState
from stream_app.settings import Settings
from stream_app.topics import topics_of

TakeIn = Callable[[PartitionState, TP, Sequence[Any]], list[DeadLetterItem]]

# Runs of a topic that may wait in memory for their agent; Faust's own default of 4,096 would be some 30 million polls.
_WAITING_RUNS = 6


def add_agents(app: faust.App, assignment: Assignment, settings: Settings, partitions: int) -> None:
    """One agent for each source topic."""
    names = topics_of(settings)

    def polls(state: PartitionState, source: TP, run: Sequence[Any]) -> list[DeadLetterItem]:
        return take_in_polls(state, source, run, settings.max_future_s)

    for name, take_in in ((names.polls, polls), (names.calendars, take_in_calendars)):
        topic = app.topic(
            name,
            partitions=partitions,
            key_type=bytes,
            key_serializer="raw",
            value_type=bytes,
            value_serializer="raw",
            maxsize=_WAITING_RUNS,
        )
        app.agent(topic, name=name)(_agent(assignment, take_in))


def _agent(assignment: Assignment, take_in: TakeIn) -> Callable[[StreamT[Any]], Any]:
    async def agent(stream: StreamT[Any]) -> None:
        async for event in stream.noack().events():
            await _take(event, assignment, take_in)

    return agent


async def _take(event: EventT[Any], assignment: Assignment, take_in: TakeIn) -> None:
    """One run into its partition's state; one of an assignment that is over is left for whoever owns it next."""
    worker = assignment.worker_for(event)
    if worker is None:
        return
    message, run = event.message, event.message.value
    event.value = message.value = None  # the event waits for its ack; the records needn't
    position = worker.state.position(message.topic)
    if run.start > position and not await assignment.close_gap(event, worker, run):
        return
    started = perf_counter()
    dead_letters = take_in(worker.state, message.tp, run.records_from(position))
    worker.state.advance(message.topic, run.end)
    await worker.take(event, dead_letters, perf_counter() - started)

"""Whether the service has everything: the replay is done and the tables have reached the topics' ends."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from api.catch_up import CatchUp
from api.kafka_ends import EndsUnknownError, KafkaEnds, TopicsUnusableError, known_transactions
from api.lag import Offsets, TopicLag
from api.schemas import PartitionLag, Readiness
from stream_app.errors import StateError
from stream_app.given_up import read_given_up
from stream_app.log_ends import OpenTransaction, told
from stream_app.replay_progress import read_progress

_KAFKA_ANSWERS_WITHIN_S = 1.5

ReplayState = Literal["running", "done", "failed"]
Code = Literal["kafka_unavailable", "topics_unusable"]


class _Compared(NamedTuple):
    """The tables against the topics: every lag, the reasons that follow from it, and why there are no figures."""

    partitions: list[PartitionLag]
    reasons: list[str]
    code: Code | None


class Health:
    """Answers about readiness, each asked anew."""

    def __init__(
        self, kafka: KafkaEnds, tables: CatchUp, replay_file: Path | None, given_up_file: Path | None = None
    ) -> None:
        self._kafka = kafka
        self._tables = tables
        self._replay_file = replay_file
        self._given_up_file = given_up_file

    async def readiness(self, patience_s: float = 0) -> Readiness:
        """What is missing, within about two seconds and `patience_s`, also where Kafka is away.

        The replay is looked at before the ends are taken: what it sent is then below them. Where polls come in all the
        time the tables never hold the newest: with patience they are given time to reach the ends as they were.
        """
        stopped, reasons = self._given_up()
        state, undone = self._replay()
        reasons += undone
        found = await self._partitions(0 if reasons else patience_s)
        reasons += found.reasons
        return Readiness(
            ready=not reasons,
            reasons=reasons,
            code=found.code,
            stopped=stopped,
            replay=state,
            partitions=found.partitions,
        )

    def _given_up(self) -> tuple[list[str], list[str]]:
        """The parts that are stopped for good, and why."""
        try:
            parts = read_given_up(self._given_up_file)
        except StateError as error:
            return [], [str(error)]
        return [each.part for each in parts], [str(each) for each in parts]

    def _replay(self) -> tuple[ReplayState | None, list[str]]:
        if self._replay_file is None:
            return None, []
        try:
            progress = read_progress(self._replay_file)
        except StateError as error:
            return None, [str(error)]
        if progress is None:
            return None, ["the replay has not begun"]
        if progress.state == "failed":
            return progress.state, [f"the replay failed: {progress.error}"]
        return progress.state, ["the replay is running"] if progress.state == "running" else []

    async def _partitions(self, patience_s: float) -> _Compared:
        reasons = [] if self._tables.failure is None else [f"reading the tables broke: {self._tables.failure}"]
        try:
            ends = await self._kafka.end_offsets(_KAFKA_ANSWERS_WITHIN_S)
        except EndsUnknownError as error:
            return _Compared(self._positions_alone(), [*reasons, str(error)], error.code)
        found = await self._lags(ends, patience_s)
        replaced = self._tables.replaced_topics
        behind = [lag for lag in found if not lag.is_reached]
        problems = self._tables.problems_of({lag.partition for lag in behind})
        transactions = await known_transactions(self._kafka, ends, _KAFKA_ANSWERS_WITHIN_S) if behind else []
        return _Compared(
            [_of_topic(lag, transactions) for lag in found],
            [*reasons, *map(str, replaced), *problems, *map(str, behind), *told(transactions)],
            TopicsUnusableError.code if replaced else None,
        )

    async def _lags(self, ends: Offsets, patience_s: float) -> list[TopicLag]:
        """How far the tables are from the ends, as soon as they have reached them or the patience is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not all(lag.is_reached for lag in self._tables.lags(ends)):
                    await self._tables.next_round()
        return self._tables.lags(ends)

    def _positions_alone(self) -> list[PartitionLag]:
        return [
            PartitionLag(partition=partition, topic=topic, position=position, end=None, lag=None)
            for partition, meta in enumerate(self._tables.metas)
            if meta is not None
            for topic, position in meta.positions.items()
        ]


def _of_topic(lag: TopicLag, transactions: Sequence[OpenTransaction]) -> PartitionLag:
    is_held_back = any(lag.is_held_back_by(one) for one in transactions) and not lag.is_reached
    return PartitionLag(
        partition=lag.partition,
        topic=lag.topic,
        position=lag.position,
        end=lag.end,
        lag=lag.records,
        is_held_back=is_held_back,
    )

"""Readiness where polls never cease to come."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from api.health import Health
from api.lag import Offsets, TopicLag, lags
from api.schemas import Readiness
from stream_app.codec.table import PartitionMeta
from stream_app.errors import TopicReplacedError
from stream_app.given_up import GivenUp, write_given_up
from stream_app.log_ends import OpenTransaction
from tests.support.tables import meta_of

TOPIC = "store-polls"
MINUTE = 1_674_648_000_000_000


@dataclass
class SteadyStream:
    """A topic that gets a poll at each look at its end, and a table that takes in what was there a round ago."""

    sent: int = 0
    taken_in: int = 0
    is_worker_alive: bool = True
    rounds: int = 0
    failure: None = None
    replaced_topics: tuple[TopicReplacedError, ...] = ()
    _before: int = field(default=0, init=False)

    @property
    def metas(self) -> list[PartitionMeta]:
        return [meta_of(MINUTE, {TOPIC: self.taken_in})]

    async def end_offsets(self, _within_s: float) -> tuple[dict[str, int], ...]:
        self.sent += 1
        return ({TOPIC: self.sent},)

    async def open_transactions(self, _ends: Offsets, _within_s: float) -> list[OpenTransaction]:
        return []

    async def next_round(self) -> None:
        await asyncio.sleep(0)
        self.rounds += 1
        self.sent += 1
        if self.is_worker_alive:
            self.taken_in, self._before = self._before, self.sent

    def lags(self, ends: Offsets) -> list[TopicLag]:
        return lags([meta.positions for meta in self.metas], ends)

    def problems_of(self, _partitions: object) -> list[str]:
        return []


def readiness_of(stream: SteadyStream, patience_s: float) -> Readiness:
    health = Health(cast(Any, stream), cast(Any, stream), None)
    return asyncio.run(health.readiness(patience_s))


def test_polls_on_their_way_are_given_time_to_arrive() -> None:
    stream = SteadyStream()
    found = readiness_of(stream, 60)
    assert (found.ready, found.reasons) == (True, [])
    assert stream.taken_in < stream.sent  # and yet there is always a newer one


def test_without_patience_what_is_missing_is_said_at_once() -> None:
    found = readiness_of(SteadyStream(sent=6, taken_in=4), 0)
    assert (found.ready, found.reasons) == (False, [f"partition 0 at 4 of 7 in {TOPIC}"])


def test_patience_with_a_worker_that_is_gone_has_an_end() -> None:
    stream = SteadyStream(is_worker_alive=False)
    found = readiness_of(stream, 0.01)
    assert (found.ready, found.reasons) == (False, [f"partition 0 at 0 of 1 in {TOPIC}"])
    assert stream.rounds > 0


def test_parts_that_are_stopped_for_good_are_named_although_nothing_is_behind(tmp_path: Path) -> None:
    file = tmp_path / "given-up.json"
    write_given_up(file, [GivenUp("worker-2", "the topics differ")])
    stream = SteadyStream()

    health = Health(cast(Any, stream), cast(Any, stream), None, file)
    found = asyncio.run(health.readiness(60))

    assert (found.ready, found.stopped) == (False, ["worker-2"])
    assert found.reasons[0] == "worker-2 is stopped and not started again: the topics differ"


def test_file_that_lists_no_parts_is_said_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "given-up.json").write_text("{}")
    stream = SteadyStream()

    found = asyncio.run(Health(cast(Any, stream), cast(Any, stream), None, tmp_path / "given-up.json").readiness())

    assert "is no list of parts" in found.reasons[0]

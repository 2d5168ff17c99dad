"""Whoever asks for a store at the same moment is answered together, and no one suffers from the others."""

import asyncio
from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest

from api.problems import ProblemError
from api.store_batches import StoreBatches
from api.store_schemas import LiveStore
from stream_app.domain.policy import NamedPolicy, parse_policy
from stream_app.errors import StateError

DEFAULT = parse_policy("default")
OPTIMISTIC = parse_policy("optimistic")


class Answering:
    """Knows every store but `nobody`, and remembers what it was asked at once."""

    def __init__(self, unreadable: BaseException | None = None) -> None:
        self.calls: list[tuple[set[str], str, int | None]] = []
        self._unreadable = unreadable

    def __call__(self, store_ids: Collection[str], named: NamedPolicy, as_of: int | None) -> dict[str, Any]:
        self.calls.append((set(store_ids), named.name, as_of))
        if self._unreadable is not None and "damaged" in store_ids:
            raise self._unreadable
        return {store_id: SimpleNamespace(store_id=store_id) for store_id in store_ids if store_id != "nobody"}


def test_stores_that_are_asked_for_at_once_are_answered_by_one_call() -> None:
    answering = Answering()
    batches = StoreBatches(answering)

    async def ask() -> list[str | None]:
        asked = [batches.answer(store_id, DEFAULT, None) for store_id in ("a", "b", "nobody", "a")]
        return [None if answer is None else answer.store_id for answer in await asyncio.gather(*asked)]

    assert asyncio.run(ask()) == ["a", "b", None, "a"]
    assert answering.calls == [({"a", "b", "nobody"}, "default", None)]


def test_each_policy_and_each_time_has_a_batch_of_its_own() -> None:
    answering = Answering()
    batches = StoreBatches(answering)

    async def ask() -> None:
        await asyncio.gather(
            *(batches.answer(store_id, DEFAULT, None) for store_id in "ab"),
            *(batches.answer(store_id, DEFAULT, 7) for store_id in "bc"),
            *(batches.answer(store_id, OPTIMISTIC, 7) for store_id in "ac"),
        )

    asyncio.run(ask())
    assert answering.calls == [
        ({"a", "b"}, "default", None),
        ({"b", "c"}, "default", 7),
        ({"a", "c"}, "optimistic", 7),
    ]


def test_who_asks_later_is_not_given_what_was_found_before() -> None:
    answering = Answering()
    batches = StoreBatches(answering)

    async def ask() -> None:
        for _ in range(2):
            await asyncio.gather(*(batches.answer(store_id, DEFAULT, None) for store_id in "ab"))

    asyncio.run(ask())
    assert answering.calls == [({"a", "b"}, "default", None)] * 2


@pytest.mark.parametrize("error", [StateError("a stored value is damaged"), ProblemError(503, "database_missing", "")])
def test_a_store_that_cannot_be_read_fails_alone(error: Exception) -> None:
    batches = StoreBatches(Answering(error))

    async def ask() -> list[Any]:
        asked = (batches.answer(store_id, DEFAULT, None) for store_id in ("a", "damaged", "nobody"))
        return await asyncio.gather(*asked, return_exceptions=True)

    found, failed, unknown = asyncio.run(ask())
    assert isinstance(found, SimpleNamespace)
    assert found.store_id == "a"
    assert failed is error
    assert unknown is None


def test_what_is_a_mistake_of_ours_is_told_to_everybody() -> None:
    batches = StoreBatches(Answering(ZeroDivisionError()))

    async def ask() -> list[Any]:
        asked = (batches.answer(store_id, DEFAULT, None) for store_id in ("a", "damaged"))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(answer) for answer in asyncio.run(ask())] == [ZeroDivisionError] * 2


def test_who_goes_away_leaves_the_others_their_answers() -> None:
    answering = Answering()
    batches = StoreBatches(answering)

    async def ask() -> LiveStore | None:
        gone = asyncio.create_task(batches.answer("gone", DEFAULT, 7))
        stays = asyncio.create_task(batches.answer("stays", DEFAULT, 7))
        asyncio.get_running_loop().call_soon(gone.cancel)
        await asyncio.wait([gone])
        return await stays

    found = asyncio.run(ask())
    assert found is not None
    assert found.store_id == "stays"

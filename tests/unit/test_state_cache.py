"""The cache in front of a real RocksDB: what it answers, and what it may take of memory."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rocksdict import Options, Rdict

from stream_app.database import Database
from stream_app.state_cache import StateCache


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(0, Rdict(str(tmp_path_factory.mktemp("cache") / "table"), Options(raw_mode=True)))
    opened.write([(b"key-%d" % number, b"old") for number in range(100)])
    yield opened
    opened.close()


def test_values_come_in_the_order_of_their_keys(database: Database) -> None:
    cache = StateCache(database, 10_000)
    cache.keep([(b"key-2", b"new"), (b"key-3", None)])

    assert cache.get_many([b"key-3", b"key-1", b"key-2", b"missing", b"key-1"]) == [None, b"old", b"new", None, b"old"]


def test_cached_value_is_not_read_again(database: Database) -> None:
    cache = StateCache(database, 10_000)
    cache.get_many([b"key-50"])
    database.write([(b"key-50", b"behind its back")])

    assert cache.get_many([b"key-50"]) == [b"old"]


def test_value_that_had_to_go_is_read_again(database: Database) -> None:
    cache = StateCache(database, 2_000)
    cache.get_many([b"key-60"])
    database.write([(b"key-60", b"newer")])
    for first in (0, 20):  # each as much as half of the memory
        cache.get_many([b"key-%d" % number for number in range(first, first + 20)])

    assert cache.get_many([b"key-60"]) == [b"newer"]


def test_nothing_is_kept_without_memory_for_it(database: Database) -> None:
    cache = StateCache(database, 0)
    cache.keep([(b"key-1", b"old")])

    assert cache.get_many([b"key-1"]) == [b"old"]
    assert cache.size < 500


KEYS = st.integers(0, 30).map(lambda number: b"k%d" % number)


@settings(deadline=None)
@given(steps=st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=10), st.binary(max_size=300)), max_size=20))
def test_answers_are_the_databases_within_the_bound(steps: list[tuple[list[bytes], bytes]], database: Database) -> None:
    bound = 3_000
    cache = StateCache(database, bound)
    expected: dict[bytes, bytes | None] = {b"k%d" % number: None for number in range(31)}
    database.write([(key, None) for key in expected])

    for keys, value in steps:
        assert cache.get_many(keys) == [expected[key] for key in keys]
        written = [(key, value or None) for key in keys[:3]]
        database.write(written)
        cache.keep(written)
        expected.update(written)
        assert cache.size <= bound + 2 * 10 * 500  # what one call brought more than half, twice

"""A pytest plugin of the mutation check: what its runs of the tests need, thousands of them in forks of one process."""

import gc
import os
from collections.abc import Iterable
from functools import _lru_cache_wrapper
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

# A property needs to fail, not to say how simply, nor because the machine was busy; and a figure that is written down
# needs the same examples each time.
settings.register_profile(
    "mutation",
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("mutation")

Caches = Iterable["_lru_cache_wrapper[Any]"]
CACHES = pytest.StashKey[Caches]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with empty caches: a change to what fills one would never be called in the fork, and seem unnoticed."""
    session.stash[CACHES] = [found for found in gc.get_objects() if isinstance(found, _lru_cache_wrapper)]
    _clear(session.stash[CACHES])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Where mutmut takes down which test calls what, every test fills the caches anew, for the same reason."""
    if os.environ.get("MUTANT_UNDER_TEST") == "stats":
        _clear(item.session.stash[CACHES])


def _clear(caches: Caches) -> None:
    for cache in caches:
        cache.cache_clear()

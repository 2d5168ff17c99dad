"""A pytest plugin of the mutation check: every run of the tests begins with empty caches.

The check runs the tests once, then again in a fork of that process for each change to the code. Without this a change
to what fills a cache would never be called, and seem unnoticed.
"""

import gc
from functools import _lru_cache_wrapper


def pytest_sessionstart() -> None:
    """Empty every `functools.cache` and `lru_cache` of the process."""
    for cached in gc.get_objects():
        if isinstance(cached, _lru_cache_wrapper):
            cached.cache_clear()

"""Addresses of the pages."""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

_SAFE_IN_A_PATH = re.compile(r"[\w~-]+", re.ASCII)  # dots and slashes don't survive every client and proxy


def store_url(store_id: str, **params: str) -> str:
    """A store's page."""
    if _SAFE_IN_A_PATH.fullmatch(store_id):
        return with_query(f"/ui/stores/{store_id}", params)
    return with_query("/ui/store", {"id": store_id, **params})


def events_url(store_id: str) -> str:
    """The stream of a store's changes."""
    return f"/store/events?id={quote(store_id, safe='')}"


def with_query(path: str, params: Mapping[str, str | None]) -> str:
    """The path with those parameters that have a value."""
    given = {name: value for name, value in params.items() if value}
    return f"{path}?{urlencode(given)}" if given else path

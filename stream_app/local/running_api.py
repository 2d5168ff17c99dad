"""Which API a command asks: one that is named, else that of the running `up`, and never that of another service."""

from pathlib import Path

import msgspec

from stream_app.errors import StoreMonitorError
from stream_app.local.api_client import ApiClient
from stream_app.local.file_lock import is_held
from stream_app.local.running_directories import the_only
from stream_app.local.state_directory import API_ADDRESS_FILE, DEFAULT_ROOT, LOCK_FILE


class NoServiceRunsError(StoreMonitorError):
    """No API of a service on this state directory answers."""

    def __init__(self, where: Path) -> None:
        self.where = where
        super().__init__(f"no `store-monitor up` runs on {where}: start one, or name an API with --api URL")


class ApiNotThereError(StoreMonitorError):
    """An `up` runs on the state directory, but its API doesn't answer: it is being started, or again."""

    def __init__(self, where: Path) -> None:
        self.where = where
        super().__init__(
            f"the API of the `store-monitor up` on {where} doesn't answer: it is being started, or failed "
            f"({where / 'logs' / 'api.log'}). Try again"
        )


class ApiAddress(msgspec.Struct, frozen=True):
    """What an API writes into its address file; `instance` is missing in that of an older version."""

    url: str
    instance: str | None = None


def find_api(url: str | None, state_dir: Path | None) -> ApiClient:
    """The API at `url`, else that of the state directory, else the only one below the default root.

    Raises NoServiceRunsError, ApiNotThereError, SeveralRunningError.
    """
    if url is not None:
        return ApiClient(url)
    candidates = [state_dir] if state_dir is not None else sorted(path for path in DEFAULT_ROOT.glob("*"))
    found = {where / API_ADDRESS_FILE: client for where in candidates if (client := answering(where)) is not None}
    if found:
        return found[the_only(list(found), "--api")]
    for where in candidates:
        if is_held(where / LOCK_FILE):
            raise ApiNotThereError(where)
    raise NoServiceRunsError(state_dir or DEFAULT_ROOT)


def answering(where: Path) -> ApiClient | None:
    """The API of a state directory, if the process that wrote its address there is the one that answers at it."""
    try:
        address = msgspec.json.decode((where / API_ADDRESS_FILE).read_bytes(), type=ApiAddress)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None
    client = ApiClient(address.url)
    return client if address.instance is not None and client.instance() == address.instance else None

"""Waiting, with progress, until all of an input is in the state."""

import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stream_app.local.api_client import ApiClient
from stream_app.local.supervisor import Supervisor
from stream_app.replay_progress import read_progress

_LINE_EVERY_S = 5.0  # where no terminal can show a bar


def wait_for_api(supervisor: Supervisor, address_file: Path, name: str) -> ApiClient:
    """The client of the API once it listens; raises ChildDiedError, and PartGivenUpError for the API alone."""
    return supervisor.wait_for(lambda: _client(address_file), {name})


def wait_until_taken_in(
    supervisor: Supervisor, client: ApiClient, replay_file: Path | None, console: Console, *, waits_for_others: bool
) -> None:
    """Until the replay, if there is one, is done and every partition has reached the ends of its topics.

    Another producer's open transaction is told once, and waited for unless `waits_for_others` is False; a report then
    names it. Raises ChildDiedError, also for a replay that failed, and PartGivenUpError.
    """
    is_told = False
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        rows = bars.add_task("Rows read", total=None, visible=replay_file is not None)
        records = bars.add_task("Records in the state", total=None)
        next_line = time.monotonic() + _LINE_EVERY_S

        def is_done() -> bool | None:
            nonlocal next_line, is_told
            replay = read_progress(replay_file) if replay_file else None
            readiness = client.readiness() or {"ready": False, "partitions": [], "replay": None}
            position, end = _positions(readiness)
            rows_read = replay.rows_read if replay else 0
            bars.update(rows, completed=rows_read, total=rows_read if replay and replay.state == "done" else None)
            bars.update(records, completed=position, total=end or None)
            if not console.is_terminal and time.monotonic() >= next_line:
                next_line += _LINE_EVERY_S
                console.print(f"{rows_read} rows read, {position} of {end} records in the state")
            if _is_held_back(readiness):
                if not is_told:
                    console.print(f"[yellow]{escape('; '.join(readiness['reasons']))}[/]")
                is_told = True
                return None if waits_for_others else True
            return True if readiness["ready"] else None

        supervisor.wait_for(is_done)


def _client(address_file: Path) -> ApiClient | None:
    """None until the API has written its address, whole, and answers there."""
    try:
        client = ApiClient(json.loads(address_file.read_bytes())["url"])
    except FileNotFoundError:
        return None
    return client if client.readiness() is not None else None


def _is_held_back(readiness: dict[str, Any]) -> bool:
    """Whether nothing is missing but what open transactions keep from the worker."""
    behind = [one for one in readiness["partitions"] if one["lag"] != 0 or one["position"] is None]
    return bool(behind) and readiness["replay"] in {None, "done"} and all(one["is_held_back"] for one in behind)


def _positions(readiness: dict[str, Any]) -> tuple[int, int]:
    """Records in the state, and records there are, over all partitions and source topics."""
    partitions = readiness.get("partitions") or []
    return sum(p["position"] or 0 for p in partitions), sum(p["end"] or 0 for p in partitions)

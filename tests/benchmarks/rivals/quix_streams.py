"""Quix Streams with State and its changelog; run by the Python of an environment of its own.

python quix_streams.py BROKERS TOPIC GROUP STATE_DIR POLLS VARIANT

VARIANT is `bytes`, which keeps 6 bytes a poll; or `json`, which keeps the polls themselves in State's own format. It
stops after POLLS polls, with a last checkpoint, and then stays until it is ended.
"""

import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from quixstreams import Application, State


class Fold:
    """Puts a poll behind those that its store has."""

    def __init__(self, add: Callable[[dict[str, Any], State], None]) -> None:
        self._add = add
        self._has_begun = False

    def __call__(self, poll: dict[str, Any], state: State) -> None:
        """Take one poll in; from the first one on the time runs."""
        if not self._has_begun:
            self._has_begun = True
            print(f"first_record_at {time.time():.6f}", flush=True)
        self._add(poll, state)


def add_bytes(poll: dict[str, Any], state: State) -> None:
    """Its second and its status in 6 bytes."""
    second = int(datetime.fromisoformat(poll["timestamp_utc"]).timestamp())
    entry = (second << 1 | (poll["status"] == "inactive")).to_bytes(6, "little")
    state.set_bytes("polls", (state.get_bytes("polls") or b"") + entry)


def add_json(poll: dict[str, Any], state: State) -> None:
    """Its time and its status as they came."""
    state.set("polls", [*state.get("polls", []), [poll["timestamp_utc"], poll["status"]]])


def main(brokers: str, topic: str, group: str, state_dir: str, polls: str, variant: str) -> None:
    """Take in the polls, then wait for a signal."""
    # Held back until everything is closed: Quix would take it for a wish to stop, and then nothing would end the wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    app = Application(
        broker_address=brokers,
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=state_dir,
        loglevel="WARNING",
    )
    source = app.topic(topic, key_deserializer="bytes", value_deserializer="json")
    app.dataframe(source).update(Fold({"bytes": add_bytes, "json": add_json}[variant]), stateful=True)
    app.run(count=int(polls), collect=False)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(*sys.argv[1:])

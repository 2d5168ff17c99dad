"""Quix Streams with State and its changelog; run by the Python of an environment of its own.

python quix_streams.py BROKERS TOPIC GROUP STATE_DIR POLLS

It stops after POLLS polls, with a last checkpoint, and then stays until it is ended.
"""

import signal
import sys
import time
from datetime import datetime
from typing import Any

from quixstreams import Application, State


class Fold:
    """Puts a poll's 6 bytes behind those that its store has."""

    def __init__(self) -> None:
        self._has_begun = False

    def __call__(self, poll: dict[str, Any], state: State) -> None:
        """Take one poll in; from the first one on the time runs."""
        if not self._has_begun:
            self._has_begun = True
            print(f"first_record_at {time.time():.6f}", flush=True)
        second = int(datetime.fromisoformat(poll["timestamp_utc"]).timestamp())
        entry = (second << 1 | (poll["status"] == "inactive")).to_bytes(6, "little")
        state.set_bytes("polls", (state.get_bytes("polls") or b"") + entry)


def main(brokers: str, topic: str, group: str, state_dir: str, polls: str) -> None:
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
    app.dataframe(source).update(Fold(), stateful=True)
    app.run(count=int(polls), collect=False)
    signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main(*sys.argv[1:])

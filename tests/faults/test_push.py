"""kill -9 of worker and sidecar under a stream that resumes, and under polls that are sent over HTTP."""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from stream_app.local.topic_content import read_topic
from tests import reference
from tests.faults.effort import chance, often
from tests.faults.worker import Worker
from tests.support.api_place import Place, make_place
from tests.support.event_source import Told, event_source
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, running_sidecar
from tests.support.status_topic import Change, StatusTopic
from tests.support.waiting import comes_true

START = datetime(2023, 1, 25, tzinfo=UTC)
STORES = 200
BATCH = 400
Row = tuple[str, str, str]


class Running:
    """A worker and a sidecar over one place, either of which can be killed and comes back."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._sidecars = ExitStack()
        self._workers = itertools.count(1)
        self.worker = self._new_worker()
        self.sidecar = self._new_sidecar()

    @property
    def url(self) -> str:
        """Where the sidecar is now."""
        return str(self.sidecar.http.base_url)

    def kill_worker(self) -> None:
        """Kill -9, and another one."""
        self.worker.kill()
        self.worker = self._new_worker()

    def kill_sidecar(self) -> None:
        """Kill -9, and another one."""
        self.sidecar.process.kill()
        self._sidecars.close()
        self.sidecar = self._new_sidecar()

    def close(self) -> None:
        """End both."""
        self._sidecars.close()
        self.worker.kill()

    def _new_worker(self) -> Worker:
        log = self._place.folder / f"worker-{next(self._workers)}.log"
        return Worker("a", {**self._place.environment, "WORKER_NAME": "a", "SESSION_TIMEOUT": "6"}, log)

    def _new_sidecar(self) -> Sidecar:
        return self._sidecars.enter_context(running_sidecar(self._place.environment))


class Follower(threading.Thread):
    """A client that comes back with its last id whenever its stream ends."""

    def __init__(self, running: Running) -> None:
        super().__init__(daemon=True)
        self.told: list[Told] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._running = running

    @property
    def changes(self) -> list[Change]:
        """What it was told of stores."""
        return [Change(**event.data) for event in self.told if event.name == "status"]

    def run(self) -> None:
        """Follow until it is stopped."""
        last_id = None
        while not self.stopped.is_set():
            with suppress(OSError, EOFError), event_source(self._running.url, "/events", last_id) as stream:
                self.connections += stream.status == 200
                while not self.stopped.is_set():
                    with suppress(TimeoutError):
                        self.told.append(stream.next(0.2))
                        last_id = stream.last_id
            self.stopped.wait(0.05)


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    return make_place(tmp_path, kafka)


@pytest.fixture
def running(place: Place) -> Iterator[Running]:
    running = Running(place)
    yield running
    running.close()


def batches() -> Iterator[list[dict[str, str]]]:
    """Polls a second apart, each store now up and now down; every seventh comes an hour late."""
    for number in itertools.count():
        polls = []
        for at in range(number * BATCH, (number + 1) * BATCH):
            moment = START + timedelta(seconds=at - (3600 if at % 7 == 0 else 0))
            status = "active" if (at // STORES) % 2 else "inactive"
            polls.append(
                {"store_id": f"s{at % STORES}", "status": status, "timestamp_utc": f"{moment:%Y-%m-%d %H:%M:%S} UTC"}
            )
        yield polls


def stored(place: Place) -> list[Row]:
    """The polls that the topic holds."""
    records: list[Any] = []
    topic = f"{place.environment['TOPIC_PREFIX']}store-polls"
    asyncio.run(read_topic(place.environment["KAFKA_BROKERS"], topic, records.append))
    bodies = [msgspec.json.decode(record.value) for record in records]
    return [(body["store_id"], body["status"], body["timestamp_utc"]) for body in bodies]


def post(url: str, polls: Sequence[dict[str, str]]) -> bool:
    """Whether they were answered with 202."""
    try:
        return httpx.post(f"{url}/polls", json=polls, timeout=20).status_code == 202
    except httpx.TransportError:
        return False


def last_said(changes: Sequence[Change]) -> dict[str, str]:
    """Each store's status by its newest minute; what was said last of a minute holds."""
    said = {(one.store_id, one.since): one.status for one in changes}
    return {store_id: status for (store_id, _), status in sorted(said.items(), key=lambda item: item[0][1])}


def by_store(changes: Sequence[Change]) -> dict[str, list[Change]]:
    return {store_id: [one for one in changes if one.store_id == store_id] for store_id, *_ in changes}


def test_stream_over_kills_of_worker_and_sidecar_misses_and_repeats_nothing(place: Place, running: Running) -> None:
    random = chance("push")
    follower, sending = Follower(running), batches()
    follower.start()
    assert comes_true(lambda: follower.connections > 0, 20)
    assert comes_true(lambda: any(event.name == "hello" for event in follower.told), 20)
    for number in range(often(4, 20)):
        for _ in range(5):
            assert post(running.url, next(sending))
        time.sleep(random.uniform(0, 0.4))  # the random point itself, not a wait for anything
        (running.kill_worker if number % 2 else running.kill_sidecar)()
    assert running.sidecar.becomes_ready(60)
    held = StatusTopic(place).held()
    arrived = comes_true(lambda: len(follower.changes) >= len(held), 20)
    follower.stopped.set()
    follower.join(10)

    assert arrived
    assert follower.connections > often(4, 20) // 2
    assert {event.name for event in follower.told} <= {"hello", "status", ""}
    assert by_store(follower.changes) == by_store(held)
    polls = reference.polls_by_store(stored(place))
    expected = {store_id: "down" if max(found).status == "inactive" else "up" for store_id, found in polls.items()}
    assert last_said(follower.changes) == expected


def test_polls_answered_202_are_in_the_next_report_over_kills_of_the_sidecar(place: Place, running: Running) -> None:
    random, sending = chance("intake"), batches()
    acknowledged: list[dict[str, str]] = []
    unanswered = 0
    for _ in range(often(4, 20)):
        stop = threading.Event()

        def send(stop: threading.Event = stop) -> None:
            nonlocal unanswered
            while not stop.is_set():
                polls = next(sending)
                if post(running.url, polls):
                    acknowledged.extend(polls)
                else:
                    unanswered += 1
                    return

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(random.uniform(0.1, 0.6))  # the random point itself
        running.sidecar.process.kill()
        sender.join(30)
        stop.set()
        running.kill_sidecar()
    assert running.sidecar.becomes_ready(60)
    kept = stored(place)

    wanted = {reference.parse_poll(*poll.values()) for poll in acknowledged}
    assert wanted
    assert unanswered > 0
    assert wanted <= {reference.parse_poll(*row) for row in kept}
    assert running.sidecar.csv() == reference.report(kept, (), ())

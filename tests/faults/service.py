"""One case's service: workers over the shared input under an APP_ID of their own, and what became of their state."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, NodeNotReadyError

from api.partition_content import PartitionContent
from stream_app.codec.table import CALENDAR_PREFIX, META_KEY, PartitionMeta, decode_meta, is_store_key
from stream_app.local.topic_content import read_topic
from stream_app.log_ends import TransactionOpenError
from stream_app.settings import Settings
from stream_app.topics import Topics, topics_of
from tests.faults.comparison import Differences, compare
from tests.faults.fault import Control, Fault
from tests.faults.kept import kept_state
from tests.faults.source import PARTITIONS, PREFIX, Ends, Source
from tests.faults.worker import Worker
from tests.support.waiting import comes_true

OFTEN, SELDOM = "0.1", "2"  # seconds between checkpoints
SESSION_S = 5
_NUMBERS = count()
_TRANSACTION_OVER_WITHIN_S = 60.0  # TRANSACTION_TIMEOUT, and the broker looks every 10 s
_CAUGHT_UP_WITHIN_S = 90.0
_BROKER_BACK_WITHIN_S = 30.0
_RESTARTS = 5


class ChangelogRecord(NamedTuple):
    """One record; a value of None deletes its key."""

    partition: int
    offset: int
    key: bytes
    value: bytes | None

    @property
    def is_of_a_store(self) -> bool:
        """A store's polls or calendar, rather than the positions of the partition."""
        return self.key != META_KEY


class Service:
    """The workers of one case."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.folder = folder
        self.app_id = f"{folder.name}-{next(_NUMBERS)}"
        self.settings = Settings(kafka_brokers=source.brokers, app_id=self.app_id, topic_prefix=PREFIX)
        self._started: list[Worker] = []

    @property
    def topics(self) -> Topics:
        """Their names."""
        return topics_of(self.settings)

    def data_dir(self, name: str) -> Path:
        """Where a worker of this name keeps its tables."""
        return self.folder / f"{self.app_id}-{name}"

    def start(
        self, name: str = "a", *, fault: Fault | None = None, control: Control | None = None, **settings: str
    ) -> Worker:
        """A worker; the settings are named as their environment variables."""
        environment = {
            "KAFKA_BROKERS": self.source.brokers,
            "APP_ID": self.app_id,
            "TOPIC_PREFIX": PREFIX,
            "DATA_DIR": str(self.data_dir(name)),
            "WORKER_NAME": name,
            "CHECKPOINT_INTERVAL": OFTEN,
            "SESSION_TIMEOUT": str(SESSION_S),
            **settings,
            **({} if fault is None else fault.environment()),
            **({} if control is None else {"FAULT_CONTROL": control}),
        }
        worker = Worker(name, environment, self.folder / f"{self.app_id}-{len(self._started)}-{name}.log")
        self._started.append(worker)
        return worker

    def kill_all(self) -> None:
        """End every worker of the case."""
        for worker in self._started:
            worker.kill()

    def catches_up(self, *workers: Worker, restarts: int = _RESTARTS) -> list[Worker]:
        """Wait until everything is taken in; as a supervisor does, start again who ends, so many times at most."""
        running = list(workers)

        def is_done() -> bool:
            nonlocal restarts
            for place, worker in enumerate(running):
                if worker.exit_code is not None:
                    assert restarts > 0, f"ended with {worker.exit_code} once more:\n{worker.output[-4000:]}"
                    restarts -= 1
                    running[place] = self.start(worker.name)
            return all(worker.is_ready for worker in running) and kept.positions() == self.source.ends

        with kept_state(self._directories(running)) as kept:
            assert comes_true(is_done, _CAUGHT_UP_WITHIN_S), f"{kept.positions()}\n{running[0].output[-4000:]}"
        return running

    def kept_differences(self, *workers: Worker) -> Differences:
        """What the workers' databases have other than the reference."""
        with kept_state(self._directories(workers)) as kept:
            return compare(self.source.expected, kept.contents())

    def kept_contents(self, *workers: Worker) -> list[PartitionContent]:
        """Everything in the workers' databases."""
        with kept_state(self._directories(workers)) as kept:
            kept.positions()  # which catches up
            return kept.contents()

    def kept_positions(self, *workers: Worker) -> Ends:
        """How far the workers' databases have come."""
        with kept_state(self._directories(workers)) as kept:
            return kept.positions()

    def changelog(self) -> list[ChangelogRecord]:
        """The committed records of the changelog in order, once a killed worker's transaction is over."""
        records: list[Any] = []

        def is_read() -> bool:
            records.clear()
            try:
                asyncio.run(read_topic(self.source.brokers, self.topics.changelog, records.append))
            except TransactionOpenError:
                return False
            return True

        assert comes_true(is_read, _TRANSACTION_OVER_WITHIN_S)
        return sorted(ChangelogRecord(each.partition, each.offset, each.key, each.value) for each in records)

    def changelog_contents(self) -> list[PartitionContent]:
        """What the changelog's last records of each key say: a state rebuilt without the worker."""
        items: list[dict[bytes, bytes]] = [{} for _ in range(PARTITIONS)]
        for record in self.changelog():
            if record.value is None:
                items[record.partition].pop(record.key, None)
            else:
                items[record.partition][record.key] = record.value
        return [_content(of_partition) for of_partition in items]

    def changelog_differences(self) -> Differences:
        """What a rebuild would have other than the reference."""
        return compare(self.source.expected, self.changelog_contents())

    def acked_past(self, positions: Ends) -> dict[tuple[str, int], tuple[int, int]]:
        """Where the group has committed more than what is kept: the acked and the kept position.

        Waits for a broker that is coming back: it takes a moment until its own controller counts it in again.
        """
        answers: list[dict[tuple[str, int], int]] = []

        def has_answered() -> bool:
            with suppress(NodeNotReadyError, GroupCoordinatorNotAvailableError):
                answers.append(asyncio.run(_committed(self.source.brokers, self.app_id)))
            return bool(answers)

        assert comes_true(has_answered, _BROKER_BACK_WITHIN_S), "the broker did not come back"
        (acked,) = answers
        kept = {(topic, number): positions[number].get(topic, 0) for topic, number in acked}
        return {tp: (offset, kept[tp]) for tp, offset in acked.items() if offset > kept[tp]}

    def group_state(self) -> str:
        """What Kafka says of the workers' group, for instance `Stable`."""
        return asyncio.run(_group_state(self.source.brokers, self.app_id))

    def _directories(self, workers: Sequence[Worker]) -> list[Path]:
        return sorted({worker.data_dir for worker in workers})


@contextmanager
def running_service(source: Source, folder: Path) -> Iterator[Service]:
    """A service whose workers end with the block."""
    service = Service(source, folder)
    try:
        yield service
    finally:
        service.kill_all()


def _content(items: dict[bytes, bytes]) -> PartitionContent:
    ids = sorted(key for key in items if is_store_key(key))
    calendars = {
        key.removeprefix(CALENDAR_PREFIX): value for key, value in items.items() if key.startswith(CALENDAR_PREFIX)
    }
    meta = decode_meta(items[META_KEY]) if META_KEY in items else PartitionMeta({})
    return PartitionContent(meta, ids, [items[key] for key in ids], calendars)


async def _committed(brokers: str, group: str) -> dict[tuple[str, int], int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
        return {(tp.topic, tp.partition): meta.offset for tp, meta in found.items()}
    finally:
        await admin.close()


async def _group_state(brokers: str, group: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
        return str(answer.groups[0][2])
    finally:
        await admin.close()

"""The topics: their names, how each is configured, and their creation."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from stream_app.errors import BrokerUnreachableError, ConfigurationError, StoreMonitorError
from stream_app.settings import Settings

TABLE = "store-state"

_MILLIS_PER_DAY = 86_400_000
_CREATED_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic name of one service."""

    polls: str
    calendars: str
    status_changes: str
    dead_letters: str
    changelog: str

    @property
    def sources(self) -> tuple[str, str]:
        """The topics that the worker reads; co-partitioned with the changelog and the status changes."""
        return self.polls, self.calendars

    @property
    def kept(self) -> tuple[str, str, str]:
        """The topics that a kept state is of: it can't be used with others of their names."""
        return self.polls, self.calendars, self.changelog

    @property
    def co_partitioned(self) -> tuple[str, str, str, str]:
        """The topics in which a store has to have one partition: its polls, calendar, state and changes meet there."""
        return self.polls, self.calendars, self.changelog, self.status_changes


def topics_of(settings: Settings) -> Topics:
    """The names under the settings' prefix; the changelog's is the one that Faust makes of app id and table."""
    prefix = settings.topic_prefix
    return Topics(
        polls=f"{prefix}store-polls",
        calendars=f"{prefix}store-calendars",
        status_changes=f"{prefix}store-status-changes",
        dead_letters=f"{prefix}store-polls-dead",
        changelog=f"{settings.app_id}-{TABLE}-changelog",
    )


def configs_of(settings: Settings) -> dict[str, dict[str, str]]:
    """Kafka's configuration of each topic.

    Polls carry the time at which the broker took them (LogAppendTime): with a poll's own time there Kafka would
    delete a replayed old file at once. Compacted topics roll and clean early enough for a rebuild to stay short.
    """
    names = topics_of(settings)
    kept = {"cleanup.policy": "delete", "retention.ms": str((settings.retention_days + 1) * _MILLIS_PER_DAY)}
    compacted = {"cleanup.policy": "compact", "segment.bytes": str(64 << 20), "min.cleanable.dirty.ratio": "0.3"}
    return {
        names.polls: {**kept, "message.timestamp.type": "LogAppendTime"},
        names.calendars: {**compacted, "message.timestamp.type": "LogAppendTime"},
        names.status_changes: kept,
        names.dead_letters: compacted,
        names.changelog: compacted,
    }


async def ensure_topics(settings: Settings) -> int:
    """Create the topics that are missing; return the partitions that all but the dead letters share.

    New ones get the number that those of them have that exist; the dead letters' number says nothing about the others.
    Raises BrokerUnreachableError, Kafka's own errors, and ConfigurationError where existing topics have different
    numbers of partitions.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_brokers)
    try:
        await admin.start()
    except KafkaConnectionError as error:
        raise BrokerUnreachableError(settings.kafka_brokers) from error
    try:
        wanted = configs_of(settings)
        existing = await _partition_counts(admin, wanted)
        count = _shared_count(existing, topics_of(settings)) or settings.partitions
        await _create(
            admin,
            [
                NewTopic(name, count, settings.replication_factor, topic_configs=config)
                for name, config in wanted.items()
                if name not in existing
            ],
        )
        return _shared_count(await _described(admin, wanted), topics_of(settings)) or count
    finally:
        await admin.close()


async def _partition_counts(admin: AIOKafkaAdminClient, names: Mapping[str, object]) -> dict[str, int]:
    described = await admin.describe_topics(list(names))
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}


async def _create(admin: AIOKafkaAdminClient, missing: list[NewTopic]) -> None:
    """Create topics; one that another process made in the meantime is as good.

    Raises ConfigurationError for what Kafka would refuse again, and StoreMonitorError for what may have passed soon.
    """
    if not missing:
        return
    answer = await admin.create_topics(missing)
    for name, code, *detail in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            message = f"topic {name} could not be created: {error.__name__} {detail}"
            raise (StoreMonitorError if error.retriable else ConfigurationError)(message)


async def _described(admin: AIOKafkaAdminClient, names: Mapping[str, object]) -> dict[str, int]:
    """Partition counts once the brokers' metadata show every topic; creation is answered a moment before that."""
    async with asyncio.timeout(_CREATED_WITHIN_S):
        while len(counts := await _partition_counts(admin, names)) < len(names):
            await asyncio.sleep(0.05)
    return counts


def _shared_count(counts: Mapping[str, int], names: Topics) -> int | None:
    """The partitions that the co-partitioned topics have, None where none of them exists; raises ConfigurationError."""
    shared = {name: counts[name] for name in names.co_partitioned if name in counts}
    if len(set(shared.values())) > 1:
        message = (
            f"the topics must have one number of partitions, but have {shared}: a store's polls, calendar and state "
            "must meet in one partition. Create them anew, or set TOPIC_PREFIX and APP_ID for new ones"
        )
        raise ConfigurationError(message)
    return next(iter(shared.values()), None)

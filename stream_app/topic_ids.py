"""Kafka's own ids of topics: a topic that was deleted and made again under its name has another one.

aiokafka 0.14 speaks Kafka's Metadata API up to version 5; ids came with version 10, in Kafka 2.8. Both versions are
here, as https://kafka.apache.org/protocol#The_Messages_Metadata has them, in aiokafka's own classes.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v4
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

log = structlog.get_logger()

TopicIds = Mapping[str, str]

_NO_ID = UUID(int=0)  # what a broker tells while its cluster is still being upgraded from before 2.8
_VERSION_WITH_IDS = 10


class Uuid(AbstractType[UUID]):  # type: ignore[misc]  # aiokafka has no types
    """Kafka's uuid: sixteen bytes."""

    @classmethod
    def encode(cls, value: UUID) -> bytes:
        """The bytes that go over the wire."""
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        """The next sixteen bytes of an answer."""
        return UUID(bytes=data.read(16))


class MetadataResponse_v10(Response):  # type: ignore[misc]  # noqa: N801 - aiokafka's way to name a version
    """What exists in the cluster, with the topics' ids."""

    API_KEY = 3
    API_VERSION = _VERSION_WITH_IDS
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class MetadataRequest_v10(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as above
    """Asks about topics by their names."""

    API_KEY = 3
    API_VERSION = _VERSION_WITH_IDS
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = MetadataResponse_v10
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicsRequest(Request[MetadataRequest_v4 | MetadataRequest_v10]):  # type: ignore[misc]  # aiokafka has no types
    """Asks about some topics, in the newest version that the broker speaks; creates none of them."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = list(topics)

    def build(self, request_struct_class: type[Any]) -> Any:
        """The request in one of the two versions."""
        if request_struct_class.API_VERSION < _VERSION_WITH_IDS:
            return request_struct_class(self._topics, False)  # noqa: FBT003 - fields have no names there
        return request_struct_class(
            [(_NO_ID, topic, {}) for topic in self._topics],
            False,  # noqa: FBT003 - as above: the topics aren't created, no rights are asked for
            False,  # noqa: FBT003
            False,  # noqa: FBT003
            {},
        )


class FoundTopics(NamedTuple):
    """What one broker knows of some topics: their ids, how many partitions each has, and which are missing.

    Brokers before Kafka 2.8 tell no ids.
    """

    ids: TopicIds
    partitions: Mapping[str, int]
    missing: set[str]


class TopicIdsClient:
    """Asks for the ids of some topics, over a connection of its own that is made when it is first needed."""

    def __init__(self, brokers: str, topics: Sequence[str]) -> None:
        self._brokers = brokers
        self._topics = topics
        self._client: AIOKafkaClient | None = None
        self._has_warned = False

    async def ask(self) -> FoundTopics:
        """The topics as one broker knows them now, in one request.

        Where the broker tells no ids the log says so once. Raises KafkaError.
        """
        if self._client is None:
            client = AIOKafkaClient(bootstrap_servers=self._brokers)
            await client.bootstrap()
            self._client = client
        node = self._client.get_random_node()
        if node is None:
            raise NodeNotReadyError(f"no broker is known at {self._brokers}")
        found = _found(await self._client.send(node, TopicsRequest(self._topics)))
        if len(found.ids) + len(found.missing) < len(self._topics) and not self._has_warned:
            self._has_warned = True
            log.warning(
                "topics.without_ids", reason="the broker is older than Kafka 2.8: a topic made anew goes unnoticed"
            )
        return found

    async def close(self) -> None:
        """Let go of the connection; the next question makes another one."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()


def _found(answer: Any) -> FoundTopics:
    """What an answer tells. Raises KafkaError for a refusal other than that there is no such topic."""
    ids, partitions, missing = {}, {}, set()
    for topic in (dict(zip(_topic_fields(answer), each, strict=True)) for each in answer.topics):
        error = for_code(topic["error_code"])
        if error is UnknownTopicOrPartitionError:
            missing.add(topic["topic"])
            continue
        if topic["error_code"]:
            raise error(topic["topic"])
        partitions[topic["topic"]] = len(topic["partitions"])
        if topic.get("topic_id", _NO_ID) != _NO_ID:
            ids[topic["topic"]] = str(topic["topic_id"])
    return FoundTopics(ids, partitions, missing)


def _topic_fields(answer: Any) -> tuple[str, ...]:
    """The names of a topic's fields in this version of the answer."""
    schema = answer.SCHEMA
    names: tuple[str, ...] = schema.fields[schema.names.index("topics")].array_of.names
    return names

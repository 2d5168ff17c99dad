"""The topics that all contenders read, loaded once and not written while they do."""

from dataclasses import dataclass
from pathlib import Path

from stream_app.settings import load_settings
from stream_app.topics import topics_of
from tests.benchmarks.kafka_view import Ends, KafkaView
from tests.support.kafka import RunningKafka


@dataclass(frozen=True, slots=True)
class Source:
    """The topics under a prefix: where they end, and a view of the broker that has them in `log_folder`."""

    brokers: str
    view: KafkaView
    log_folder: Path
    prefix: str
    topic: str
    ends: Ends

    @property
    def partitions(self) -> int:
        """The partitions of each topic."""
        return len({partition for _, partition in self.ends})

    @property
    def polls(self) -> int:
        """All records of the polls' topic."""
        return sum(end for (topic, _), end in self.ends.items() if topic == self.topic)


def source_of(kafka: RunningKafka, view: KafkaView, prefix: str) -> Source:
    """The topics under a prefix as they are now."""
    topics = topics_of(load_settings({"TOPIC_PREFIX": prefix}))
    log_folder = kafka.broker.path / "data"
    return Source(kafka.address.bootstrap, view, log_folder, prefix, topics.polls, view.ends(topics.sources))

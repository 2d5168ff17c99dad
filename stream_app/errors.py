"""The errors that end a command with one clear message instead of a traceback."""

from typing import ClassVar


class StoreMonitorError(Exception):
    """Base of every error that the command line shows without a traceback."""

    restart_mends: ClassVar[bool] = True
    """Whether a process that ended by it may get further when it is started again (process_ends.py)."""


class ConfigurationError(StoreMonitorError):
    """Something the operator set, or left in place, contradicts something else; the message names both."""

    restart_mends = False


class StateError(StoreMonitorError):
    """Stored state can't be read or written safely; the worker stops rather than guess."""


class UnmendableStateError(StateError):
    """The state, or what Kafka has beside it, stays unusable however often it is read: an operator has to decide."""

    restart_mends = False


class UsageError(StoreMonitorError):
    """The command line asks for something it can't have; exit code 2."""


class BrokerUnreachableError(StoreMonitorError):
    """No Kafka answers at the address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(f"no Kafka answers at {address}: is it running, and is KAFKA_BROKERS (or --kafka) right?")


class TopicReplacedError(StoreMonitorError):
    """A topic of a kept state was deleted, or deleted and made again: Kafka's id of it is another one, or none."""

    restart_mends = False

    remedy: ClassVar[str] = (
        "its offsets aren't those that the state was read to, so records would be skipped without a word. Start with "
        "--fresh, or on a Kafka of your own with another APP_ID and --state-dir, to read the topic from its beginning"
    )

    def __init__(self, topic: str, old: str, new: str | None) -> None:
        self.topic, self.old, self.new = topic, old, new
        what = "was deleted" if new is None else f"was made anew and has the id {new} now"
        super().__init__(f"the topic {topic} of id {old}, which the state was read from, {what}: {self.remedy}")


class ChangelogReplacedError(TopicReplacedError):
    """The topic that the state is written to was deleted or made anew: it no longer holds what the databases hold."""

    restart_mends = True
    remedy = "it no longer holds the whole state, which a worker that has it writes into the new one when it starts"

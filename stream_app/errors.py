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

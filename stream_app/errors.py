"""The errors that end a command with one clear message instead of a traceback."""


class StoreMonitorError(Exception):
    """Base of every error that the command line shows without a traceback."""


class ConfigurationError(StoreMonitorError):
    """Something the operator set, or left in place, contradicts something else; the message names both."""


class StateError(StoreMonitorError):
    """Stored state can't be read or written safely; the worker stops rather than guess."""


class UsageError(StoreMonitorError):
    """The command line asks for something it can't have; exit code 2."""


class BrokerUnreachableError(StoreMonitorError):
    """No Kafka answers at the address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(f"no Kafka answers at {address}: is it running, and is KAFKA_BROKERS (or --kafka) right?")

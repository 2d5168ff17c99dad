"""How a worker or an API that can't go on tells whoever started it why, and whether another start is worth trying.

The exit code says whether a restart may help, and the last line of the log is the reason in one line.
"""

import sys
from typing import NoReturn

from aiokafka import errors as kafka

from stream_app.errors import StoreMonitorError

EXIT_FAILED = 3
EXIT_UNMENDABLE = 78
"""EX_CONFIG of sysexits.h."""

# What Kafka refuses for who asks, or for what is asked: the next start would ask the same.
_REFUSALS = (
    kafka.AuthenticationFailedError,
    kafka.AuthenticationMethodNotSupported,
    kafka.ClusterAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError,
    kafka.IncompatibleBrokerVersion,
    kafka.InvalidConfigurationError,
    kafka.InvalidGroupIdError,
    kafka.InvalidSessionTimeoutError,
    kafka.InvalidTopicError,
    kafka.InvalidTransactionTimeout,
    kafka.PolicyViolationError,
    kafka.SaslAuthenticationFailed,
    kafka.SecurityDisabled,
    kafka.TopicAuthorizationFailedError,
    kafka.TransactionalIdAuthorizationFailed,
    kafka.UnsupportedSaslMechanismError,
    kafka.UnsupportedVersionError,
)


def restart_mends(error: BaseException) -> bool:
    """Whether the process may get further when it is started again; an unforeseen error gets the benefit of doubt."""
    if isinstance(error, StoreMonitorError):
        return error.restart_mends
    return not isinstance(error, _REFUSALS)


def exit_code_of(error: BaseException) -> int:
    """The exit code of a process that ends by this error."""
    return EXIT_FAILED if restart_mends(error) else EXIT_UNMENDABLE


def say_why(process: str, error: BaseException) -> None:
    """Write the reason on standard error, in one line, as the last one that the process writes."""
    reason = " ".join(str(error).split()) if isinstance(error, StoreMonitorError) else repr(error)
    sys.stderr.write(f"store-monitor {process}: {reason}\n")
    sys.stderr.flush()


def end(process: str, error: BaseException) -> NoReturn:
    """End this process in order, with the reason and the exit code that belong to the error."""
    say_why(process, error)
    sys.exit(exit_code_of(error))

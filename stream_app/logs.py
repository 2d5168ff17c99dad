"""Log events: constant names with fields, one a line, on standard error."""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog


class _Unfailing:
    """A stream for log events alone, which may get lost.

    Where it can't be written, as on a full disk, the work goes on: an answer or a checkpoint must not fail because of
    the line that tells of it, and there is nowhere else to say so.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """As of a TextIO."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """As of a TextIO."""
        with suppress(OSError):
            self._stream.flush()


def configure_logs(level: str) -> None:
    """Set structlog up for this process; libraries may speak from WARNING on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(_Unfailing(sys.stderr)),  # type: ignore[arg-type]  # all that it needs
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )

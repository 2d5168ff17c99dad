"""How a worker ends that can't keep what it read: at once."""

import os

import structlog

EXIT_FAILED = 3

log = structlog.get_logger()


def end_worker(error: BaseException) -> None:
    """End the process at once, with nothing more acked or written: the next start reads on from what is durable.

    An ordinary shutdown would commit offsets and take seconds in which Faust goes on; a crash is what all of it is
    tested for.
    """
    log.error("worker.failed", error=repr(error), exc_info=error)
    os._exit(EXIT_FAILED)

"""How a worker ends that can't keep what it read: at once."""

import os

import structlog

from stream_app.process_ends import exit_code_of, say_why

log = structlog.get_logger()


def end_worker(error: BaseException) -> None:
    """End the process at once, with nothing more acked or written: the next start reads on from what is durable.

    An ordinary shutdown would commit offsets and take seconds in which Faust goes on; a crash is what all of it is
    tested for.
    """
    log.error("worker.failed", error=repr(error), exc_info=error)
    say_why("worker", error)
    os._exit(exit_code_of(error))

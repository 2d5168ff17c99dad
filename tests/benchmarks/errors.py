"""What ends a measurement."""

from stream_app.errors import StoreMonitorError
from stream_app.local.processes import ManagedProcess


class BenchmarkError(StoreMonitorError):
    """A measurement did not come about."""


class ProcessEndedError(BenchmarkError):
    """A measured process ended by itself, or took too long; carries the end of its log."""

    def __init__(self, process: ManagedProcess, what: str) -> None:
        code = process.poll()
        state = "still runs" if code is None else f"ended with {code}"
        super().__init__(f"{process.name} {state}: {what}. The end of {process.log_file}:\n{process.log_tail()}")

"""The project's errors as click shows them, so that a command ends with one message wherever it is mounted."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from producers.interrupt import InterruptedBySignalError
from stream_app.errors import StoreMonitorError, UsageError


@contextmanager
def shown_by_click() -> Iterator[None]:
    """Turn the errors of the block into click's: exit code 2 for bad usage, 128 and the number for a signal, else 1."""
    try:
        yield
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except StoreMonitorError as error:
        shown = click.ClickException(str(error))
        if isinstance(error, InterruptedBySignalError):
            shown.exit_code = error.exit_code
        raise shown from error

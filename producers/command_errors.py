"""The project's errors as click shows them, so that a command ends with one message wherever it is mounted."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from producers.interrupt import InterruptedBySignalError
from stream_app.errors import StoreMonitorError, UsageError
from stream_app.system_refusals import is_of_the_system, sentence_of


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
    except OSError as error:
        if not is_of_the_system(error):
            raise
        raise click.ClickException(sentence_of(error)) from error

"""Output for terminals of few characters: what one can't show is spelled out, and doesn't end the command."""

import codecs
import io
import sys

_SPELLED = {"…": "...", "–": "-", "“": '"', "”": '"', "’": "'"}  # noqa: RUF001 - they are what is replaced
_HANDLER = "store-monitor-spelled"


def spell_out_what_cannot_be_shown() -> None:
    """Let standard output and error take any text: `…` as three points, other characters as Python writes them."""
    codecs.register_error(_HANDLER, _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None where it was closed before the start
            stream.reconfigure(errors=_HANDLER)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    refused = error.object[error.start : error.end]
    return "".join(_SPELLED.get(each) or each.encode("unicode_escape").decode() for each in refused), error.end

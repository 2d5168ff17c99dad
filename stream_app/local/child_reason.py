"""The reason for which a child ended, from the end of its log."""

import re

_SAID = re.compile(r"^store-monitor (?:worker|api): (.+)$", re.MULTILINE)


def reason_of(log_tail: str) -> str | None:
    """The last sentence that stream_app.process_ends wrote there, None where there is none."""
    said = _SAID.findall(log_tail)
    return str(said[-1]).rstrip(". ") if said else None

"""What the command line of `up` says."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The options, as click has checked them."""

    data: Path | None = None
    add: bool = False
    once: bool = False
    report: Path | None = None
    as_of: str | None = None
    kafka: str | None = None
    api_port: int = 8000
    state_dir: Path | None = None
    fresh: bool = False
    workers: int = 1
    allow_jump: bool = False

"""What a group of measurements comes to."""

from dataclasses import dataclass, field

from tests.benchmarks.figures import Figure


@dataclass(frozen=True, slots=True)
class Measurements:
    """Figures by key, and each rival that this machine can't run with the reason."""

    figures: dict[str, Figure]
    skipped: dict[str, str] = field(default_factory=dict)

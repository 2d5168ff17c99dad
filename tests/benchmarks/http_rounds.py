"""What the group `http` has measured."""

from dataclasses import dataclass, field

from tests.benchmarks.oha import Load
from tests.benchmarks.report_rivals import RivalTimes


@dataclass(slots=True)
class Rounds:
    """What was measured, a value a round; of reports the median of a round's."""

    fastest: list[Load] = field(default_factory=list)
    at_rate: list[Load] = field(default_factory=list)
    beside_reports: list[Load] = field(default_factory=list)
    visible_ms: list[list[float]] = field(default_factory=list)
    report_ms: list[float] = field(default_factory=list)
    rivals: dict[str, list[RivalTimes]] = field(default_factory=dict)

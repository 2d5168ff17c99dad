"""What `make bench` measures: figures with the median of their rounds, and the limits they have to reach."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

import msgspec


class Target(msgspec.Struct, frozen=True):
    """What a figure has to reach."""

    kind: Literal["at_least", "at_most"]
    limit: float

    def is_met_by(self, value: float) -> bool:
        """Whether the value reaches it; the limit itself does."""
        return value >= self.limit if self.kind == "at_least" else value <= self.limit


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure: `rounds` has a value a round, `median`, `min` and `max` are theirs."""

    group: str
    title: str
    unit: str
    median: float
    min: float
    max: float
    rounds: list[float]
    target: Target | None = None
    reached: bool | None = None
    note: str = ""


def at_least(limit: float) -> Target:
    """A figure of which more is better."""
    return Target("at_least", limit)


def at_most(limit: float) -> Target:
    """A figure of which less is better."""
    return Target("at_most", limit)


def figure(
    group: str, title: str, unit: str, rounds: Sequence[float], target: Target | None = None, note: str = ""
) -> Figure:
    """The figure of these rounds; raises StatisticsError where there are none."""
    middle = median(rounds)
    return Figure(
        group=group,
        title=title,
        unit=unit,
        median=middle,
        min=min(rounds),
        max=max(rounds),
        rounds=list(rounds),
        target=target,
        reached=None if target is None else target.is_met_by(middle),
        note=note,
    )


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours to theirs, round by round: the two of a round ran one after the other, so the machine's drift cancels."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def better(variants: Mapping[str, Sequence[float]]) -> str:
    """Name the variant with the greatest median."""
    return max(variants, key=lambda name: median(variants[name]))

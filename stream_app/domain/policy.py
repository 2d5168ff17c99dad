"""Policies: the rule by which minutes without a poll of their own are judged, chosen for each report.

A policy is one value of four parts. Only the combinations in POLICIES, each under a name, make sense together and are
supported; `max_gap` takes its minutes after a colon, as in `max_gap:90`.
"""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_POLICY = "default"
DEFAULT_MAX_GAP_MINUTES = 120
MAX_GAP_LIMIT_MINUTES = 7 * 24 * 60


class Before(StrEnum):
    """What a store was before its first poll."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    BACKFILL = "backfill"
    EXCLUDE = "exclude"


class Between(StrEnum):
    """What a poll says of the minutes around it."""

    CARRY_FORWARD = "carry_forward"
    NEAREST = "nearest"
    POLL_HOURS = "poll_hours"


class WindowKind(StrEnum):
    """Which hour, day and week a report is about."""

    ROLLING = "rolling"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a report judges minutes; `max_gap` is in minutes, None for no bound on how long a status is trusted."""

    before: Before = Before.INACTIVE
    between: Between = Between.CARRY_FORWARD
    max_gap: int | None = None
    windows: WindowKind = WindowKind.ROLLING

    @property
    def is_stored(self) -> bool:
        """Whether the minute buckets of the table hold its answer, rather than having to be derived from the polls."""
        return (self.before, self.between, self.max_gap) == (Before.INACTIVE, Between.CARRY_FORWARD, None)

    @property
    def is_local(self) -> bool:
        """Whether its windows depend on each store's zone."""
        return self.windows is WindowKind.CALENDAR


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy under the name that reports show, with its rule in a sentence for people."""

    name: str
    policy: Policy
    sentence: str


class UnknownPolicyError(ValueError):
    """There is no policy of this name, or its number of minutes is out of bounds."""

    def __init__(self, text: str) -> None:
        self.text = text
        names = ", ".join(POLICIES)
        super().__init__(
            f"no policy {text[:64]!r}: one of {names}; "
            f"max_gap takes minutes after a colon, 1 to {MAX_GAP_LIMIT_MINUTES}"
        )


def _max_gap(name: str, minutes: int) -> NamedPolicy:
    longest = "1 minute" if minutes == 1 else f"{minutes:,} minutes"
    return NamedPolicy(
        name,
        Policy(before=Before.EXCLUDE, max_gap=minutes),
        f"A poll counts up to the next one, but for no more than {longest}; what no poll covers is unknown.",
    )


_ALL = (
    NamedPolicy(
        DEFAULT_POLICY,
        Policy(),
        "A poll counts up to the next one; before the first poll a store is down.",
    ),
    NamedPolicy(
        "optimistic",
        Policy(before=Before.ACTIVE),
        "A poll counts up to the next one; before the first poll a store is up.",
    ),
    NamedPolicy(
        "backfill",
        Policy(before=Before.BACKFILL),
        "A poll counts up to the next one; the first poll's status also holds for all the time before it.",
    ),
    NamedPolicy(
        "measured",
        Policy(before=Before.EXCLUDE),
        "A poll counts up to the next one; before the first poll nothing is known.",
    ),
    _max_gap("max_gap", DEFAULT_MAX_GAP_MINUTES),
    NamedPolicy(
        "nearest",
        Policy(before=Before.BACKFILL, between=Between.NEAREST),
        "Each poll reaches half-way to its neighbours; the first one back over all the time before it.",
    ),
    NamedPolicy(
        "poll_hours",
        Policy(before=Before.EXCLUDE, between=Between.POLL_HOURS),
        "Each poll inside business hours counts an hour of its status, scaled down where that is more than there is.",
    ),
    NamedPolicy(
        "calendar",
        Policy(windows=WindowKind.CALENDAR),
        "As the default, over the last full clock hour, local day and local ISO week of the store before T.",
    ),
)
POLICIES: dict[str, NamedPolicy] = {named.name: named for named in _ALL}


def parse_policy(text: str) -> NamedPolicy:
    """The policy of a name, or of `max_gap:MINUTES`; raises UnknownPolicyError."""
    name, colon, minutes = text.strip().partition(":")
    named = POLICIES.get(name)
    if named is None or (colon and named.policy.max_gap is None):
        raise UnknownPolicyError(text)
    if not colon:
        return named
    if not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes) <= MAX_GAP_LIMIT_MINUTES):
        raise UnknownPolicyError(text)
    return _max_gap(f"{name}:{int(minutes)}", int(minutes))

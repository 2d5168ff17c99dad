"""Stored stores judged by a policy: one way for reports and live answers, so that their numbers are the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.as_of import check_begin
from api.stored_stores import StoredStores
from stream_app.domain.figures import Figures, bucket_figures, poll_hour_figures
from stream_app.domain.fleet import buckets_until, derived_buckets
from stream_app.domain.policy import Between, Policy, WindowKind
from stream_app.domain.runs import Minutes
from stream_app.domain.status_runs import existing_polls
from stream_app.domain.store_state import Buckets
from stream_app.domain.windows import Window, Windows, begin_of, windows_of


@dataclass(frozen=True, slots=True)
class Judged:
    """The figures, and what they were counted from: no buckets where the policy gives minutes no status."""

    figures: Figures
    buckets: Buckets | None


def policy_windows(stores: StoredStores, kind: WindowKind, minute: int) -> Windows:
    """The hour, day and week that a policy's windows are, given the minute of T."""
    return windows_of(kind, minute, stores.zones_at(minute) if kind is WindowKind.CALENDAR else ())


def judged_by(stores: StoredStores, policy: Policy, windows: Sequence[Window], until: Minutes) -> Judged:
    """The stores' minutes by the policy, over windows that all end at or before `until` (int64, one a store).

    Raises AsOfNotRetainedError where a window begins before what is kept.
    """
    count, first, end = len(stores), begin_of(windows), int(until.max(initial=0))
    check_begin(first, stores.retained_from)
    if policy.is_stored:
        buckets = buckets_until(stores.known, stores.calendar_of, first, end)
        return Judged(bucket_figures(buckets, None, windows, count), buckets)
    is_open = stores.is_open(first, end)
    if policy.between is Between.POLL_HOURS:
        polls = existing_polls(stores.states, until)
        return Judged(poll_hour_figures(polls, is_open, windows, count), None)
    buckets = derived_buckets(stores.states, is_open, policy, first, until)
    return Judged(bucket_figures(buckets, is_open, windows, count), buckets)

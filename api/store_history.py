"""One store's past: its timeline, outages and polls over a range that ends at T or before."""

from dataclasses import dataclass

import numpy as np

from api.as_of import check_begin, format_minute
from api.judged import judged_by, policy_windows
from api.problems import ProblemError
from api.report_request import CustomRange
from api.store_schemas import Outage, StoreOutages, StorePoll, StorePolls, StoreTimeline, TimelineRun, TimelineTotals
from api.store_window import window_of
from api.stored_stores import StoredStores
from api.stores_now import poll_status
from stream_app.domain.figures import outage_list
from stream_app.domain.instant import format_instant
from stream_app.domain.policy import NamedPolicy, Policy
from stream_app.domain.runs import Runs
from stream_app.domain.store_calendar import MINUTES_PER_DAY
from stream_app.domain.store_state import Buckets, observations_of, seen_until
from stream_app.domain.timeline import StatusRun, coarse, minutes_by_status, timeline
from stream_app.domain.windows import WEEK_MINUTES, Window, floor_to_minute

MAX_RANGE_DAYS = 92  # from the beginning of a range to T; more than can be kept
MAX_POLLS = 10_000


@dataclass(frozen=True, slots=True)
class StoreHistory:
    """The store in row 0 of `stores`, as of T in microseconds: polls after it don't exist.

    Raises ProblemError (422) for a range that can't be, and AsOfNotRetainedError.
    """

    store_id: str
    stores: StoredStores
    as_of: int

    def timeline(self, named: NamedPolicy, given: CustomRange | None, resolution: int) -> StoreTimeline:
        """Runs over the range, by default the day before T; slots of `resolution` minutes."""
        minute = floor_to_minute(self.as_of)
        first, end = self._edges(Window(minute - MINUTES_PER_DAY, minute), given)
        exact = self.runs(named.policy, first, end)
        return StoreTimeline(
            **self._about(first, end),
            policy=named.name,
            resolution=resolution,
            runs=[
                TimelineRun(status=run.status.value, start=format_minute(run.start), end=format_minute(run.end))
                for run in coarse(exact, resolution)
            ],
            minutes=TimelineTotals(**{str(status): count for status, count in minutes_by_status(exact).items()}),
        )

    def runs(self, policy: Policy, first: int, end: int) -> list[StatusRun]:
        """The exact runs over first <= minute < end."""
        buckets, is_open = self._judged(policy, first, end)
        return timeline(buckets, is_open, first, end)

    def outages(self, named: NamedPolicy, given: CustomRange | None) -> StoreOutages:
        """Outages inside the range, by default the policy's week before T, as the extended report counts them."""
        week = policy_windows(self.stores, named.policy.windows, floor_to_minute(self.as_of)).week
        first, end = self._edges(week, given)
        buckets, is_open = self._judged(named.policy, first, end)
        found = outage_list(buckets.down, is_open, Window(first, end))
        minutes = found.minutes.tolist()
        return StoreOutages(
            **self._about(first, end),
            policy=named.name,
            count=len(minutes),
            longest_minutes=max(minutes, default=0),
            minutes_lost=sum(minutes),
            outages=[
                Outage(start=format_minute(start), end=format_minute(stop), minutes_lost=lost)
                for start, stop, lost in zip(found.start.tolist(), found.end.tolist(), minutes, strict=True)
            ],
        )

    def polls(self, given: CustomRange | None, limit: int) -> StorePolls:
        """The newest `limit` kept polls inside the range, by default from a week before T to its very microsecond."""
        minute = floor_to_minute(self.as_of)
        first, end = self._edges(Window(minute - WEEK_MINUTES, minute + 1), given, minute + 1)
        check_begin(first, self.stores.retained_from)
        seen = seen_until(self.stores.states, self.as_of)
        here = (seen.entry_minutes >= first) & (seen.entry_minutes < end)
        found = observations_of(seen.entries[here], seen.retained.first)
        page = found[::-1][:limit].tolist()
        return StorePolls(
            **self._about(first, end),
            polls=[StorePoll(status=poll_status(poll), timestamp_utc=format_instant(poll >> 1)) for poll in page],
            next_to=format_minute(floor_to_minute(page[-1] >> 1)) if len(found) > limit else None,
        )

    def _edges(self, usual: Window, given: CustomRange | None, latest: int | None = None) -> tuple[int, int]:
        """The range's first and end minute."""
        window = usual if given is None else window_of(self.stores, given)
        first, end = (int(np.max(edge)) for edge in window)
        latest = floor_to_minute(self.as_of) if latest is None else latest
        if end > latest:
            raise ProblemError(
                422, "bad_range", f"to={format_minute(end)} lies after as_of={format_instant(self.as_of)}"
            )
        if latest - first > MAX_RANGE_DAYS * MINUTES_PER_DAY:
            raise ProblemError(
                422, "range_too_long", f"from={format_minute(first)} lies more than {MAX_RANGE_DAYS} days before as_of"
            )
        return first, end

    def _judged(self, policy: Policy, first: int, end: int) -> tuple[Buckets, Runs]:
        until = np.array([floor_to_minute(self.as_of)])
        buckets = judged_by(self.stores, policy, [Window(first, end)], until).buckets
        if buckets is None:
            raise ProblemError(
                422, "policy_without_minutes", "poll_hours counts hours a poll, and gives no minute a status"
            )
        return buckets, self.stores.is_open(first, end)

    def _about(self, first: int, end: int) -> dict[str, str]:
        return {
            "store_id": self.store_id,
            "as_of": format_instant(self.as_of),
            "start": format_minute(first),
            "end": format_minute(end),
        }

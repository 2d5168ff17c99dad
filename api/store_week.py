"""Stores with their last seven days, many at once: what a list shows of each."""

from dataclasses import dataclass

import numpy as np

from api.judged import judged_by
from api.store_schemas import LiveStore
from api.stored_stores import StoredStores
from api.stores_now import live_answers
from stream_app.domain.policy import NamedPolicy
from stream_app.domain.timeline import StatusRun, timelines
from stream_app.domain.windows import WEEK_MINUTES, Window, floor_to_minute


@dataclass(frozen=True, slots=True)
class StoreWeek:
    """A store at T and its runs over the seven days before; None where the policy gives minutes no status."""

    now: LiveStore
    runs: list[StatusRun] | None


def store_weeks(stores: StoredStores, named: NamedPolicy, as_of: int) -> list[StoreWeek]:
    """Each of the stores, in their order, at `as_of` (microseconds); raises AsOfNotRetainedError."""
    count, end = len(stores), floor_to_minute(as_of)
    first = end - WEEK_MINUTES
    answers = live_answers(stores, named, as_of)
    buckets = judged_by(stores, named.policy, [Window(first, end)], np.full(count, end)).buckets
    if buckets is None:
        return [StoreWeek(answer, None) for answer in answers]
    weeks = timelines(buckets, stores.is_open(first, end), first, end, count)
    return [StoreWeek(answer, week) for answer, week in zip(answers, weeks, strict=True)]

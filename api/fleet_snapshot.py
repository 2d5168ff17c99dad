"""The whole fleet at one instant, in columns: what lists and the summary are answered from, without a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from api.judged import judged_by, policy_windows
from api.partition_content import PartitionContent
from api.store_ids import StoreIds
from api.stored_stores import StoredStores
from stream_app.codec.store_values import poll_range, wider
from stream_app.domain import runs
from stream_app.domain.hour_of_week import by_hour_of_week
from stream_app.domain.live_status import statuses_at
from stream_app.domain.policy import NamedPolicy, Policy
from stream_app.domain.runs import AXIS, Minutes
from stream_app.domain.store_state import Observations, newest_until
from stream_app.domain.windows import WEEK_MINUTES, floor_to_minute


@dataclass(frozen=True, slots=True)
class HoursOfWeek:
    """Minutes up and down (int64, 168 each) of the week before T, by the hour of the stores' own weeks."""

    up: Minutes
    down: Minutes


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """n stores in the order of their ids' bytes, 23 bytes each beside the ids.

    `as_of` is in microseconds. `status` are numbers, `zone` the place in `zones`, `last_poll` observations or NO_POLL;
    `up` and `down` (uint16, n x 3) are minutes of the policy's hour, day and week. `poll_range` are the first and
    last observation kept. No hours of the week where the policy gives minutes no status.
    """

    as_of: int
    named: NamedPolicy
    ids: StoreIds
    status: NDArray[np.uint8]
    zone: NDArray[np.uint16]
    zones: Sequence[str]
    last_poll: Observations
    up: NDArray[np.uint16]
    down: NDArray[np.uint16]
    hours_of_week: HoursOfWeek | None
    poll_range: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class _Part:
    """The same of one partition, in the partition's order; zones by name."""

    ids: Sequence[bytes]
    status: NDArray[np.uint8]
    zones: Sequence[str]
    last_poll: Observations
    up: NDArray[np.uint16]
    down: NDArray[np.uint16]
    hours_of_week: HoursOfWeek | None


def fleet_snapshot(contents: Iterable[PartitionContent], named: NamedPolicy, as_of: int) -> FleetSnapshot:
    """The fleet at `as_of` (microseconds); raises AsOfNotRetainedError, StateError.

    `contents` are partitions or slices of them, of which one at a time is held.
    """
    parts: list[_Part] = []
    kept: tuple[int, int] | None = None
    for content in contents:
        parts.append(_part(StoredStores(content), named.policy, as_of))
        kept = wider(kept, poll_range(content.values))
    ids = list(chain.from_iterable(part.ids for part in parts))
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    place = {name: at for at, name in enumerate(sorted({zone for part in parts for zone in part.zones}))}
    zone = np.fromiter((place[name] for part in parts for name in part.zones), np.uint16, len(ids))
    hours = [part.hours_of_week for part in parts if part.hours_of_week is not None]
    return FleetSnapshot(
        as_of=as_of,
        named=named,
        ids=StoreIds.of([ids[row] for row in order.tolist()]),
        status=np.concatenate([part.status for part in parts])[order],
        zone=zone[order],
        zones=[*place],
        last_poll=np.concatenate([part.last_poll for part in parts])[order],
        up=np.concatenate([part.up for part in parts])[order],
        down=np.concatenate([part.down for part in parts])[order],
        hours_of_week=HoursOfWeek(sum_of(of.up for of in hours), sum_of(of.down for of in hours)) if hours else None,
        poll_range=kept,
    )


def sum_of(columns: Iterable[Minutes]) -> Minutes:
    """Columns added up, place by place."""
    total: Minutes = np.sum(list(columns), axis=0)
    return total


def _part(stores: StoredStores, policy: Policy, as_of: int) -> _Part:
    count, minute = len(stores), floor_to_minute(as_of)
    judged = judged_by(stores, policy, policy_windows(stores, policy.windows, minute), np.full(count, minute))
    is_open = runs.contains(stores.is_open(minute, minute + 1), np.arange(count) * AXIS + minute)
    last = _last_polls(stores, as_of)
    zones = stores.zones_at(minute)
    hours = None
    if judged.buckets is not None:
        names = sorted(set(zones))
        zone_of_row = np.searchsorted(names, zones) if names else np.empty(0, np.int64)
        up, down = (
            by_hour_of_week(side, names, zone_of_row, minute - WEEK_MINUTES, minute)
            for side in (judged.buckets.up, judged.buckets.down)
        )
        hours = HoursOfWeek(up, down)
    return _Part(
        stores.ids,
        statuses_at(last, is_open, policy, minute),
        zones,
        last,
        np.stack(judged.figures.up, axis=1).astype(np.uint16),
        np.stack(judged.figures.down, axis=1).astype(np.uint16),
        hours,
    )


def _last_polls(stores: StoredStores, as_of: int) -> Observations:
    """The newest poll so far; all polls are unpacked only where some lie after T."""
    last = stores.known.last
    return newest_until(stores.states, as_of) if (last >> 1 > as_of).any() else last

"""The part of a partition that a report has rows of."""

from collections.abc import Callable

from api.partition_content import PartitionContent
from api.report_request import ALL_STORES, StoreSelection
from stream_app.codec.table import decode_calendar
from stream_app.domain.store_calendar import DEFAULT_CALENDAR


def selected(content: PartitionContent, selection: StoreSelection, minute: int) -> PartitionContent:
    """The stores that were asked for, under the whole partition's meta; `minute` decides which zone is in force."""
    if selection == ALL_STORES:
        return content
    is_wanted = _claim(content, selection, minute)
    kept = [row for row, store_id in enumerate(content.ids) if is_wanted(store_id)]
    return PartitionContent(
        content.meta,
        [content.ids[row] for row in kept],
        [content.values[row] for row in kept],
        {store_id: value for store_id, value in content.calendars.items() if is_wanted(store_id)},
        content.refusals,
    )


def _claim(content: PartitionContent, selection: StoreSelection, minute: int) -> Callable[[bytes], bool]:
    ids = None if selection.ids is None else {store_id.encode() for store_id in selection.ids}
    text = (selection.text or "").encode()

    def is_wanted(store_id: bytes) -> bool:
        return (
            (ids is None or store_id in ids)
            and text in store_id
            and (selection.zone is None or _zone(content.calendars.get(store_id), minute) == selection.zone)
        )

    return is_wanted


def _zone(calendar: bytes | None, minute: int) -> str:
    return (DEFAULT_CALENDAR if calendar is None else decode_calendar(calendar)).zone_at(minute)

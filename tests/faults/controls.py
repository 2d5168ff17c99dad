"""Orders of steps that lose polls: the negative controls of the harness."""

from collections.abc import Sequence
from typing import Any

from stream_app.changelog import ChangelogWriter, TableItem
from stream_app.checkpoint import PartitionWorker
from stream_app.codec.table import META_KEY, is_store_key
from tests.faults.fault import Control


def take_control(control: Control) -> None:
    """Rearrange the steps of this process."""
    match control:
        case Control.ACK_FIRST:
            _ack_first()
        case Control.POSITIONS_FIRST:
            _positions_first()


def said() -> None:
    """Nothing: the point at which positions are durable and their values are not."""


def _ack_first() -> None:
    """A run is acked when it arrives, which a checkpoint later does a second time, to no effect."""
    take = PartitionWorker.take

    async def acking(worker: PartitionWorker, event: Any, *args: Any) -> None:
        event.ack()
        await take(worker, event, *args)

    setattr(PartitionWorker, "take", acking)  # noqa: B010 - mypy would not have a method assigned to


def _positions_first() -> None:
    """The engine reads on from its state's positions, so these are what an ack is elsewhere: say first, keep later."""
    commit = ChangelogWriter.commit

    async def saying_first(writer: ChangelogWriter, items: Sequence[TableItem], *args: Any) -> int:
        positions = [item for item in items if item[0] == META_KEY]
        await commit(writer, positions, *([] for _ in args))
        if any(is_store_key(key) for key, _ in items):
            said()
        return await commit(writer, items, *args)

    setattr(ChangelogWriter, "commit", saying_first)  # noqa: B010 - as above

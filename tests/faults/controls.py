"""What loses polls or leaves them unread: the negative controls of the harness."""

from collections.abc import Sequence
from typing import Any

from faust.tables.recovery import Recovery

from stream_app.changelog import ChangelogWriter, TableItem
from stream_app.checkpoint import PartitionWorker
from stream_app.codec.table import META_KEY, is_store_key
from tests.faults.fault import Control


def take_control(control: Control) -> None:
    """Rearrange the steps of this process."""
    match control:
        case Control.ACK_FIRST:
            _ack_first()
        case Control.UNRECOVERED:
            _unrecovered()
        case Control.STRANDING:
            _stranding()
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


def _unrecovered() -> None:
    """A recovery that has read everything and never says so."""

    async def wait(recovery: Recovery, *_given: Any, **_also: Any) -> None:
        await recovery._stopped.wait()

    setattr(Recovery, "on_recovery_completed", wait)  # noqa: B010 - as above


def _stranding() -> None:
    """Checkpoints end and nobody tells the agent that waits for one."""

    def end_silently(_worker: PartitionWorker) -> None:
        pass

    setattr(PartitionWorker, "_end_taking", end_silently)  # noqa: B010 - mypy would not have a method assigned to


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

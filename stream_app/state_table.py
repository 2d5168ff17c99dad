"""The table `store-state`: a Faust table with one writer a partition, bulk writes, and recovery from runs.

One writer: each partition has a transactional id, and an owner takes it (which shuts an older owner out for good)
BEFORE recovery asks how far the changelog goes. Whoever can write has therefore read everything written before.
"""

from collections.abc import Iterable
from typing import Any

import faust
import rocksdict
import structlog
from faust.types import TP, EventT

from stream_app.changelog import ChangelogWriter, TableItem, open_writers
from stream_app.settings import Settings
from stream_app.topics import TABLE

log = structlog.get_logger()

# Never 1: Faust would then keep reading the changelog after recovery (tables/recovery.py:485, "the specific scenario
# where recovery_buffer=1") and write our own older values over newer ones.
_RECOVERY_BUFFER = 2
_ROCKSDB = {"driver": "rocksdict", "block_cache_size": 32 << 20, "write_buffer_size": 16 << 20}


class StateTable(faust.Table):
    """Faust's table, of which the service uses the assignment, the databases and the recovery, but no key access."""

    settings: Settings
    writers: dict[int, ChangelogWriter]

    @classmethod
    def declare(cls, app: faust.App, settings: Settings, partitions: int) -> "StateTable":
        """The app's one table."""
        table: StateTable = app.Table(
            TABLE,
            key_type=bytes,
            value_type=bytes,
            partitions=partitions,
            recovery_buffer_size=_RECOVERY_BUFFER,
            options=_ROCKSDB,
        )
        table.settings = settings
        table.writers = {}
        return table

    def database(self, partition: int) -> rocksdict.Rdict:
        """The open RocksDB of an assigned partition."""
        return self.data._db_for_partition(partition)  # noqa: SLF001 - Faust has no other way to the database

    def write(self, partition: int, items: Iterable[TableItem], changelog_offset: int) -> None:
        """Write items and the changelog offset they stand at, all or nothing; a value of None deletes its key."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in items:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self.data.offset_key, str(changelog_offset).encode())
        self.database(partition).write(batch)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Shut out older owners of what was assigned and let go of what was revoked, before recovery looks."""
        await self.close_writers()
        mine = {tp.partition for tp in self.app.assignor.assigned_actives() if tp.topic == self.changelog_topic_name}
        self.writers = await open_writers(self.settings, mine)
        self._close_databases({tp.partition for tp in revoked if tp.topic == self.changelog_topic_name})
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    def _close_databases(self, partitions: set[int]) -> None:
        """Faust only drops its reference (stores/rocksdb.py:582), which keeps the database locked."""
        databases: dict[int, rocksdict.Rdict] = self.data._dbs  # noqa: SLF001 - see above
        for partition in partitions & databases.keys():
            databases[partition].close()

    async def close_writers(self) -> None:
        """Let go of every transactional id."""
        writers, self.writers = self.writers, {}
        for writer in writers.values():
            await writer.stop()

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Recovery: write runs of changelog records, each with the offset it ends at.

        A run at or below what the database holds already is passed over: an old value must never replace a newer one.
        """
        for event in batch:
            message = event.message
            held = self.data.persisted_offset(message.tp)
            if held is None or message.offset > held:
                records = [(record.key, record.value) for record in message.value.records if record.key is not None]
                self.write(message.partition, records, message.offset)
                log.debug("recovery.applied", partition=message.partition, records=len(records), offset=message.offset)

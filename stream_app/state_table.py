"""The table `store-state`: a Faust table with one writer a partition, bulk writes, and recovery from runs.

One writer: each partition has a transactional id, and an owner takes it (which shuts an older owner out for good)
BEFORE recovery asks how far the changelog goes. Whoever can write has therefore read everything written before.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import faust
import msgspec
import structlog
from faust.types import TP, EventT

from stream_app import database_files
from stream_app.abrupt_end import end_worker
from stream_app.changelog import ChangelogWriter, TableItem, open_writers
from stream_app.changelog_renewal import any_meta, last_meta, whole_meta, write_whole
from stream_app.codec.table import META_KEY, RECOVERED_META_KEY, PartitionMeta, encode_meta
from stream_app.database import Database, DatabaseDamagedError, DatabaseLockedError, call
from stream_app.database_files import Provenance
from stream_app.errors import TopicReplacedError
from stream_app.settings import Settings
from stream_app.topic_guard import TopicGuard
from stream_app.topics import TABLE

log = structlog.get_logger()

# Never 1: Faust would then keep reading the changelog after recovery (tables/recovery.py:485, "the specific scenario
# where recovery_buffer=1") and write our own older values over newer ones.
_RECOVERY_BUFFER = 2
_READABLE_PAUSE_S = 0.02
_LOCK_TRIES, _LOCK_PAUSE_S = 20, 0.5
_ROCKSDB = {
    "driver": "rocksdict",
    "block_cache_size": 32 << 20,
    "write_buffer_size": 16 << 20,
    "bloom_filter_size": 10,  # bits a key, so that a new store is seen to be new without reading a file
}


class StateTable(faust.Table):
    """Faust's table, of which the service uses the assignment, the databases and the recovery, but no key access."""

    settings: Settings
    writers: dict[int, ChangelogWriter]
    databases: dict[int, Database]
    made_new: set[int]  # partitions whose database this process found empty
    guard: TopicGuard

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
        table.databases, table.made_new = {}, set()
        table.guard = TopicGuard(settings)
        return table

    def database(self, partition: int) -> Database:
        """The open database of an assigned partition; it stays open while Faust lets go of its own reference."""
        return self.databases[partition]

    def held_offset(self, partition: int) -> int:
        """How far in the changelog an open database is; -1 where it holds nothing of it."""
        held = self.database(partition).get(self.data.offset_key)
        return -1 if held is None else int(held)

    def write(self, partition: int, items: Sequence[TableItem], changelog_offset: int) -> None:
        """Write items and the changelog offset they stand at, all or nothing; raises DatabaseDamagedError."""
        offset = (self.data.offset_key, str(changelog_offset).encode())
        self.database(partition).write([*items, offset])

    def condemn(self, error: DatabaseDamagedError) -> None:
        """Have the next start rebuild a partition's database from the changelog."""
        database_files.condemn(self.data.partition_path(error.partition), str(error))

    def is_new(self, partition: int) -> bool:
        """Whether this process has made the partition's database, from the changelog's beginning."""
        return partition in self.made_new

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Shut out older owners of what was assigned and let go of what was revoked, before recovery looks."""
        await self.close_writers()
        try:
            await self._rebalance(revoked)
        except TopicReplacedError as error:
            end_worker(error)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def _rebalance(self, revoked: set[TP]) -> None:
        await self.guard.begin()
        mine = {tp.partition for tp in self.app.assignor.assigned_actives() if tp.topic == self.changelog_topic_name}
        self.writers = await open_writers(self.settings, mine)
        self._close_databases({tp.partition for tp in revoked if tp.topic == self.changelog_topic_name})
        await self._open_databases(mine - self.databases.keys())

    async def _open_databases(self, partitions: set[int]) -> None:
        """Open databases that can be trusted, empty ones if need be."""
        tps = {partition: TP(self.changelog_topic_name, partition) for partition in sorted(partitions)}
        ends = await self.app.consumer.highwaters(*tps.values()) if tps else {}
        for partition, tp in tps.items():
            path = Path(self.data.partition_path(partition))
            if reason := database_files.condemned(path):
                database_files.remove(path, reason)
            expected = Provenance(tp.topic, partition, ends[tp] or 0, self.guard.ids.get(tp.topic))
            with ExitStack() as undo:
                undo.callback(self._close_databases, {partition})  # one that isn't looked through to the end, too
                reason = await self._why_untrusted(expected) or await self._why_not_renewed(expected)
                if reason is None:
                    undo.pop_all()
            if reason is not None:
                database_files.remove(path, reason)
            if self._open(partition).get(self.data.offset_key) is None:
                self.made_new.add(partition)

    async def _why_untrusted(self, expected: Provenance) -> str | None:
        try:
            database = await self._open_when_free(expected.partition)
        except DatabaseDamagedError as error:
            return str(error)
        return database_files.why_untrusted(database, expected)

    async def _why_not_renewed(self, expected: Provenance) -> str | None:
        """Write a database whose changelog was made anew into the new one, or say why it can't or needn't be."""
        database = self.databases[expected.partition]
        meta, offset = any_meta(database) or PartitionMeta({}), database.get(self.data.offset_key)
        self.guard.refuse_other_sources(meta.topic_ids)
        if offset is None or meta.changelog_id == expected.changelog_id or expected.changelog_id is None:
            return None
        written = await last_meta(self.settings.kafka_brokers, expected.changelog, expected.partition)
        if written is not None and written.changelog_id == expected.changelog_id:
            return "it may be of an older changelog, and the one that is there now has the whole state"
        if not database_files.has_outlived(meta, int(offset), expected):
            return None
        if (whole := whole_meta(database)) is None:
            return "its changelog was made anew, and it wasn't read to the end of the one before"
        await self._write_whole(expected.partition, database, self.of_these_topics(expected.partition, whole))
        return None

    async def _write_whole(self, partition: int, database: Database, meta: PartitionMeta) -> None:
        offset = await write_whole(self.writers[partition], database, meta)
        self.write(partition, [(META_KEY, encode_meta(meta))], offset)
        await self._until_readable(TP(self.changelog_topic_name, partition), offset)
        log.warning("changelog.written_whole", partition=partition, changelog=meta.changelog, offset=offset)

    async def _until_readable(self, tp: TP, offset: int) -> None:
        """Return once committed records up to this offset can be read; raises TimeoutError.

        Kafka answers a commit before its marker is written. Recovery, which comes next, refuses a database that is
        further than the changelog can be read (faust/tables/recovery.py, ConsistencyError).
        """
        async with asyncio.timeout(self.settings.transaction_timeout_s):
            while ((await self.app.consumer.highwaters(tp))[tp] or 0) <= offset:
                await asyncio.sleep(_READABLE_PAUSE_S)  # a marker has no event to wait for

    def of_these_topics(self, partition: int, meta: PartitionMeta) -> PartitionMeta:
        """A meta that names the topics as they are now."""
        return msgspec.structs.replace(
            meta,
            changelog=self.changelog_topic_name,
            partition=partition,
            topic_ids={**meta.topic_ids, **self.guard.ids},
        )

    async def _open_when_free(self, partition: int) -> Database:
        """Open a database that another process may still have; raises DatabaseLockedError where it keeps it.

        Faust's own wait takes every error that has `lock` in it for one, `block checksum mismatch` too.
        """
        for _ in range(_LOCK_TRIES):
            with suppress(DatabaseLockedError):
                return self._open(partition)
            await asyncio.sleep(_LOCK_PAUSE_S)  # a lock file has no event to wait for
        return self._open(partition)

    def _open(self, partition: int) -> Database:
        """Open a database as Faust does, creating it if need be; raises DatabaseDamagedError."""
        if partition not in self.databases:
            opened = call(partition, self.data._db_for_partition, partition)  # noqa: SLF001 - Faust keeps its reference
            self.databases[partition] = Database(partition, opened)
        return self.databases[partition]

    def _close_databases(self, partitions: set[int]) -> None:
        """Faust only drops its reference (stores/rocksdb.py:582), which keeps the database locked."""
        for partition in partitions:
            self.data._dbs.pop(partition, None)  # noqa: SLF001 - as above
            if (database := self.databases.pop(partition, None)) is not None:
                database.close()

    async def close_writers(self) -> None:
        """Let go of every transactional id."""
        writers, self.writers = self.writers, {}
        for writer in writers.values():
            await writer.stop()

    def finish_recovery(self, partition: int) -> None:
        """Put the meta in its place: from here on the database says what it holds."""
        database = self.database(partition)
        if (meta := database.get(RECOVERED_META_KEY)) is not None:
            database.write([(META_KEY, meta), (RECOVERED_META_KEY, None)])

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Recovery: write runs of changelog records, each with the offset it ends at.

        A run at or below what the database holds already is passed over: an old value must never replace a newer one.
        The meta is set aside until all of them are written. Compaction may have kept one that stands before a value
        that it speaks of, and a reader would take the database for whole.
        """
        for event in batch:
            message = event.message
            held = self.data.persisted_offset(message.tp)
            if held is None or message.offset > held:
                records = [
                    (RECOVERED_META_KEY if record.key == META_KEY else record.key, record.value)
                    for record in message.value.records
                    if record.key is not None
                ]
                self.write(message.partition, records, message.offset)
                log.debug("recovery.applied", partition=message.partition, records=len(records), offset=message.offset)

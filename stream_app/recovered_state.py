"""What a worker makes of a state that recovery has read: it must be whole, and of the topics that are there now."""

import structlog

from stream_app.changelog_renewal import Standing, any_meta, pieces, standing, values
from stream_app.codec.table import META_KEY, RECOVERED_META_KEY, PartitionMeta, encode_meta
from stream_app.state_table import StateTable

log = structlog.get_logger()


def recovered_meta(table: StateTable, partition: int) -> PartitionMeta:
    """The meta of what recovery has read, that of an empty partition where there is none."""
    return any_meta(table.database(partition)) or PartitionMeta({})


async def settle(table: StateTable, partition: int) -> None:
    """Have the database say what it holds, which is all of the state that the changelog has.

    A changelog that holds a part of the state is emptied, for the partition to be read from its polls again. Raises
    what ChangelogWriter.commit raises.
    """
    changelog_id = table.guard.ids.get(table.changelog_topic_name)
    if changelog_id is None:  # Kafka tells no ids
        table.finish_recovery(partition)
        return
    meta = any_meta(table.database(partition))
    found = standing(meta, changelog_id, has_values=any(True for _ in values(table.database(partition))))
    if found is Standing.PART:
        await _begin_anew(table, partition)
    elif found is Standing.WITHOUT_ID and meta is not None:
        await _take_ids(table, partition, meta)
    else:
        table.finish_recovery(partition)


async def _take_ids(table: StateTable, partition: int, meta: PartitionMeta) -> None:
    """Have a state from before ids were remembered take those that its topics have now."""
    await _write_meta(table, partition, table.of_these_topics(partition, meta))
    log.warning("state.took_topic_ids", partition=partition, ids=dict(table.guard.ids))


async def _begin_anew(table: StateTable, partition: int) -> None:
    """Empty changelog and database; without a meta until the last value is gone, so that a crash is noticed."""
    log.error(
        "changelog.incomplete",
        partition=partition,
        changelog=table.changelog_topic_name,
        reason="it was deleted or made anew, and no whole database is here: the partition is read again from its polls",
    )
    for piece in pieces((key, None) for key, _ in values(table.database(partition))):
        table.write(partition, piece, await table.writers[partition].commit(piece, []))
    await _write_meta(table, partition, table.of_these_topics(partition, PartitionMeta({})))
    table.made_new.add(partition)


async def _write_meta(table: StateTable, partition: int, meta: PartitionMeta) -> None:
    offset = await table.writers[partition].commit([(META_KEY, encode_meta(meta))], [])
    table.write(partition, [(META_KEY, encode_meta(meta)), (RECOVERED_META_KEY, None)], offset)

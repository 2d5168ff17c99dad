"""Topics that were made anew below the tables: what the tables hold is of others of their names."""

from collections.abc import Iterator, Sequence

from stream_app.codec.table import PartitionMeta
from stream_app.errors import ChangelogReplacedError, TopicReplacedError
from stream_app.topic_ids import TopicIds


def replaced_topics(metas: Sequence[PartitionMeta | None], ids: TopicIds) -> list[TopicReplacedError]:
    """Each topic whose id in a partition's meta isn't the one that Kafka tells now, the source topics first.

    Topics whose id isn't known on both sides are left out: those of old states, and of Kafkas that tell none.
    """
    found = {error.topic: error for meta in metas if meta is not None for error in _replaced(meta, ids)}
    return sorted(found.values(), key=_is_written_again)


def never_usable(replaced: Sequence[TopicReplacedError]) -> list[TopicReplacedError]:
    """Those of them that no worker mends, as it does a changelog."""
    return [error for error in replaced if not _is_written_again(error)]


def _replaced(meta: PartitionMeta, ids: TopicIds) -> Iterator[TopicReplacedError]:
    for topic, held in meta.topic_ids.items():
        if ids.get(topic, held) != held:
            replaced = ChangelogReplacedError if topic == meta.changelog else TopicReplacedError
            yield replaced(topic, held, ids[topic])


def _is_written_again(error: TopicReplacedError) -> bool:
    return isinstance(error, ChangelogReplacedError)

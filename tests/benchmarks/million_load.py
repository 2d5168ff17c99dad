"""State of very many stores, written into RocksDB through the product's codec, for a process of its own.

python -m tests.benchmarks.million_load TABLES_DIR PARTITIONS STORES PREFIX

The tables are those of a worker that has taken in everything of topics under PREFIX in which nothing is. Values and
calendars of some thousand stores are made, and used again under other ids: an id is no part of them.
"""

import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
from rocksdict import Options, Rdict, WriteBatch

from stream_app.codec import table
from stream_app.codec.table import PartitionMeta
from stream_app.domain.partitions import partitions_of
from stream_app.settings import load_settings
from stream_app.topics import TABLE, topics_of
from tests.benchmarks.policies import NEWEST, sample_content

DIFFERENT = 19_997  # no multiple of a batch
STORES_A_BATCH = 5_000
FIRST_ID, ID_STEP = 10**18, 7_919_000_003_457  # ids of 19 digits, as the sample's, that come in no order


def write_tables(folder: Path, partitions: int, stores: int, prefix: str) -> None:
    """The databases of all partitions."""
    content = sample_content(min(DIFFERENT, stores))
    calendars = [content.calendars[store_id] for store_id in content.ids]
    meta = _meta(content.meta, prefix)
    databases = [Rdict(str(folder / f"{TABLE}-{partition}.db"), _options()) for partition in range(partitions)]
    alike = cycle(zip(content.values, calendars, strict=True))
    for ids in _batches(stores):
        batches = [WriteBatch(raw_mode=True) for _ in databases]
        for store_id, home, (value, calendar) in zip(ids, partitions_of(ids, partitions).tolist(), alike, strict=False):
            batches[home].put(store_id, value)
            batches[home].put(table.CALENDAR_PREFIX + store_id, calendar)
        for database, batch in zip(databases, batches, strict=True):
            database.write(batch)
    for database in databases:
        database.put(table.META_KEY, table.encode_meta(meta))
        database.put(table.FAUST_OFFSET_KEY, b"0")
        database.flush()
        database.close()


def _meta(sample: PartitionMeta, prefix: str) -> PartitionMeta:
    topics = topics_of(load_settings({"TOPIC_PREFIX": prefix}))
    return PartitionMeta(dict.fromkeys(topics.sources, 0), NEWEST, sample.retained_from)


def _batches(stores: int) -> Iterator[list[bytes]]:
    numbers = np.arange(stores, dtype=np.int64) * ID_STEP % (8 * FIRST_ID) + FIRST_ID
    for start in range(0, stores, STORES_A_BATCH):
        yield [b"%d" % number for number in numbers[start : start + STORES_A_BATCH].tolist()]


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    return options


if __name__ == "__main__":
    write_tables(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])

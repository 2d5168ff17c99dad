"""A process that writes a partition's database as checkpoints do, as fast as it can: batch after batch, each whole."""

import sys
from pathlib import Path

from faust.stores.rocksdb import RocksDBOptions

from stream_app.database import Database

KEYS, KEYS_A_BATCH = 500, 20
NUMBER = b"number"
WRITE_BUFFER_BYTES = 1 << 18  # small, so that RocksDB begins a new log file every few batches


def open_database(path: Path) -> Database:
    """As the worker opens it, but for the size of the write buffer."""
    return Database(0, RocksDBOptions(write_buffer_size=WRITE_BUFFER_BYTES).open(path))


def keys_of(number: int) -> list[bytes]:
    """The keys of a batch."""
    return [b"key %d" % ((number * 7 + place) % KEYS) for place in range(KEYS_A_BATCH)]


def value_of(number: int) -> bytes:
    """What a batch writes to each of its keys."""
    return b"%d " % number * 40


def kept_of(number: int) -> dict[bytes, bytes]:
    """What a database holds after all batches up to this one."""
    return {key: value_of(each) for each in range(1, number + 1) for key in keys_of(each)}


def main() -> None:
    """Go on after the given batch, and say when each is written."""
    database, number = open_database(Path(sys.argv[1])), int(sys.argv[2])
    while True:
        number += 1
        value = value_of(number)
        database.write([*((key, value) for key in keys_of(number)), (NUMBER, b"%d" % number)])
        print(number, flush=True)


if __name__ == "__main__":
    main()

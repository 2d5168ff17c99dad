"""Reads by an iterator of RocksDB, which sees one checkpoint as long as it lives: gets see whatever came last.

Both raise rocksdict's bare Exception for what can't be read: an iterator that meets it ends early, in silence.
"""

import sys

from rocksdict import RdictIter


def get(iterator: RdictIter, key: bytes) -> bytes | None:
    """The value of a key, None where there is none."""
    iterator.seek(key)
    if iterator.valid() and iterator.key() == key:
        value: bytes = iterator.value()
        return value
    iterator.status()
    return None


def items(iterator: RdictIter, first: bytes, end: bytes | None, most: int = sys.maxsize) -> dict[bytes, bytes]:
    """The items of first <= key < end, at most so many; the iterator then stands at the key behind them."""
    found: dict[bytes, bytes] = {}
    iterator.seek(first)
    while len(found) < most and iterator.valid():
        key = iterator.key()
        if end is not None and key >= end:
            break
        found[key] = iterator.value()
        iterator.next()
    iterator.status()
    return found

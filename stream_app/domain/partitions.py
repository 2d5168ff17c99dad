"""Which partition a key belongs to: Kafka's default partitioner (murmur2 of the key's bytes), for many keys at once.

Source of the rule: org.apache.kafka.common.utils.Utils.murmur2 and BuiltInPartitioner.partitionForKey.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SEED = 0x9747B28C
_M = np.uint32(0x5BD1E995)
_R = np.uint32(24)


def partitions_of(keys: Sequence[bytes], count: int) -> NDArray[np.int64]:
    """The partition, 0 <= p < count, of each key (int64, one a key)."""
    hashes = np.zeros(len(keys), np.uint32)
    lengths = np.fromiter(map(len, keys), np.int64, len(keys))
    for length in np.unique(lengths).tolist():
        at = np.flatnonzero(lengths == length)
        hashes[at] = _murmur2(
            np.frombuffer(b"".join([keys[i] for i in at.tolist()]), np.uint8).reshape(len(at), length)
        )
    return (hashes & np.uint32(0x7FFFFFFF)).astype(np.int64) % count


def partition_of(key: bytes, count: int) -> int:
    """The partition of one key."""
    return int(partitions_of([key], count)[0])


def _murmur2(keys: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Hashes of n keys of one length (uint8, n x length); 32-bit arithmetic that wraps around."""
    count, length = keys.shape
    h = np.full(count, _SEED ^ length, np.uint32)
    whole = length - length % 4
    for word in np.ascontiguousarray(keys[:, :whole]).view("<u4").T:
        k = word * _M
        h = h * _M ^ (k ^ k >> _R) * _M
    if length > whole:
        for place, column in enumerate(keys[:, whole:].T):
            h = h ^ column.astype(np.uint32) << np.uint32(8 * place)
        h = h * _M
    h = (h ^ h >> np.uint32(13)) * _M
    return h ^ h >> np.uint32(15)

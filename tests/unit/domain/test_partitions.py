"""Keys go to the partitions that Kafka's own clients send them to."""

import numpy as np
import pytest
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from stream_app.domain.partitions import partition_of, partitions_of

KEYS = st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 2**63).map(lambda number: str(number).encode())))


@given(keys=KEYS, count=st.integers(1, 100))
def test_many_keys_at_once_hash_as_the_client_library_hashes_each(keys: list[bytes], count: int) -> None:
    expected = [(murmur2(key) & 0x7FFFFFFF) % count for key in keys]

    partitions = partitions_of(keys, count)

    assert partitions.tolist() == expected
    assert partitions.dtype == np.int64


@pytest.mark.parametrize(
    ("key", "hashed"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)]
)
def test_hash_is_that_of_kafkas_own_test(key: bytes, hashed: int) -> None:
    """The values of UtilsTest.testMurmur2 in Apache Kafka."""
    count = 1 << 31

    assert partition_of(key, count) == hashed & 0x7FFFFFFF

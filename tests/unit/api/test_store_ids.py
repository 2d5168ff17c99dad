"""Ids in one piece of memory."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from api.store_ids import StoreIds
from tests.support.strategies import STORE_IDS


@given(
    st.lists(STORE_IDS, max_size=8), st.one_of(st.text(max_size=3), st.sampled_from(("0", "\0", "", "a,", "\udc80")))
)
def test_ids_come_back_and_are_found_by_their_parts(ids: list[str], part: str) -> None:
    packed: StoreIds = pickle.loads(pickle.dumps(StoreIds.of([store_id.encode() for store_id in ids])))  # noqa: S301

    assert [packed[row] for row in range(len(packed))] == ids
    assert packed.with_part(part).tolist() == [part in store_id for store_id in ids]

"""Records of status changes are put together from pieces, and are what their struct would be."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_app.codec.records import StatusChangeRecord, encode_status_changes
from stream_app.domain.status_changes import StatusChanges

IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
CHANGES = st.lists(st.tuples(IDS, st.integers(0, 4_000_000_000), st.booleans(), st.booleans()), max_size=8)


@given(changes=CHANGES)
def test_each_change_is_its_struct_encoded_under_its_store(changes: list[tuple[str, int, bool, bool]]) -> None:
    store_ids = [store_id for store_id, *_ in changes]
    minutes, active, corrected = (np.array([change[at] for change in changes]) for at in (1, 2, 3))
    columns = StatusChanges(
        np.arange(len(changes)), minutes.astype(np.int64), active.astype(np.bool_), corrected.astype(np.bool_)
    )

    records = encode_status_changes(store_ids, columns)

    assert [key for key, _ in records] == [store_id.encode() for store_id in store_ids]
    for (_, value), (store_id, minute, is_active, is_corrected) in zip(records, changes, strict=True):
        since = f"{np.datetime64(minute, 'm').astype('datetime64[s]')}Z"
        expected = StatusChangeRecord(store_id, "active" if is_active else "inactive", since, is_corrected)
        assert value == msgspec.json.encode(expected)

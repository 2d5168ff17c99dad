"""Arrays that come from another process in a file."""

from pathlib import Path

import numpy as np
import pytest

from api.mapped import Mapped


@pytest.mark.parametrize("length", [0, 1, 63, 64, 1000])
def test_arrays_come_back_without_a_copy_and_the_file_goes(tmp_path: Path, length: int) -> None:
    value = {
        "a": np.arange(length),
        "b": np.arange(length, dtype=np.uint8),
        "c": "text",
        "d": np.ones((length, 3), "<u2"),
    }

    mapped = Mapped.write(value, tmp_path / "new" / "arrays")
    found = mapped.take()

    assert found["c"] == "text"
    for name in "abd":
        array, written = found[name], value[name]
        assert isinstance(array, np.ndarray)
        assert isinstance(written, np.ndarray)
        assert (array.dtype, array.shape, array.tolist()) == (written.dtype, written.shape, written.tolist())
        assert not array.flags.owndata
        assert array.flags.aligned
    assert list((tmp_path / "new").iterdir()) == []
    assert len(mapped.pickled) < 2_000

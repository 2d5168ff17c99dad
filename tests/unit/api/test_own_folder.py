"""A process's own folder, and those that killed processes left."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from api.own_folder import own_folder

HOLDER = """
import time
from api.own_folder import own_folder
with own_folder() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folder_is_there_alone_and_gone_at_the_end(place: Path) -> None:
    with own_folder() as folder:
        assert list(place.iterdir()) == [folder]
    assert list(place.iterdir()) == []


def test_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(place: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        held = Path(process.stdout.readline().strip())
        (held / "file").write_text("")
        with own_folder():
            assert held.exists()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert held.exists()

        with own_folder() as folder:
            assert list(place.iterdir()) == [folder]

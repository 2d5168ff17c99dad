"""What lies where in a state directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.local.state_directory import StateDirectory
from stream_app.local.workers import data_dirs
from stream_app.settings import load_settings


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[StateDirectory]:
    directory = StateDirectory.claim(tmp_path / "it's a: state, \u00fc")
    yield directory
    directory.close()


def test_workers_have_folders_of_their_own_that_the_api_is_told_of_whatever_the_path(directory: StateDirectory) -> None:
    settings = load_settings({"DATA_DIRS": data_dirs(2, directory)})

    assert settings.data_dirs == (directory.path / "worker-1", directory.path / "worker-2")
    assert settings.table_paths(3) == tuple(
        directory.worker(number) / "v1" / "tables" / "store-state-3.db" for number in (1, 2)
    )


def test_tables_of_the_time_with_one_worker_are_the_first_worker_s(tmp_path: Path) -> None:
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "table").write_text("kept")

    directory = StateDirectory.claim(tmp_path)
    directory.close()

    assert (directory.worker(1) / "table").read_text() == "kept"


def test_emptying_takes_every_worker_s_folder_and_leaves_what_is_not_the_service_s(directory: StateDirectory) -> None:
    for name in ("worker-1", "worker-12", "kafka", "worker-mine"):
        (directory.path / name).mkdir()
    (directory.path / "api.json").touch()

    directory.empty()

    assert {path.name for path in directory.path.iterdir()} == {"up.lock", "worker-mine"}

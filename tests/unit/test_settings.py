"""The workers' folders as the API is told of them."""

from pathlib import Path

import pytest

from stream_app.errors import ConfigurationError
from stream_app.settings import load_settings


def test_one_worker_s_folder_is_all_that_is_read_where_nothing_else_is_said() -> None:
    paths = load_settings({"DATA_DIR": "/state/worker-1"}).table_paths(2)

    assert paths == (Path("/state/worker-1/v1/tables/store-state-2.db"),)


def test_folders_are_separated_by_spaces_quoted_as_in_a_shell_and_taken_once() -> None:
    settings = load_settings({"DATA_DIRS": "/a '/b c' /d\\ e /a"})

    assert settings.data_dirs == (Path("/a"), Path("/b c"), Path("/d e"))


def test_quote_that_is_not_closed_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"DATA_DIRS.*quotation"):
        load_settings({"DATA_DIRS": "/a '/b"})


def test_folders_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIRS", "/a /b")

    assert load_settings().data_dirs == (Path("/a"), Path("/b"))

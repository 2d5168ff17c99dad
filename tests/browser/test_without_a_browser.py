"""Where there is no chromium the tests that need one are left out and say why, and with CI=true they fail."""

from pathlib import Path

import pytest

from tests.support.browser import MISSING, require_chromium


@pytest.fixture
def without_chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which nothing is found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return monkeypatch


def test_a_machine_without_chromium_leaves_the_tests_out_and_says_why(without_chromium: pytest.MonkeyPatch) -> None:
    without_chromium.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match=MISSING):
        require_chromium()


def test_nothing_is_left_out_where_ci_asks_for_everything(without_chromium: pytest.MonkeyPatch) -> None:
    without_chromium.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match=MISSING):
        require_chromium()

"""A real browser: Debian's chromium, driven by Playwright, which downloads none of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "there is no chromium to look at the pages with: `make browser` installs it"


def find_chromium() -> str | None:
    """Where chromium is, None where the machine has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def require_chromium() -> str:
    """Where chromium is; without one the test is skipped, and fails where CI=true says that nothing may be left out."""
    found = find_chromium()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return found


@contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """The browser; without its sandbox where root runs it, which it refuses otherwise: it sees our own pages alone."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            browser.close()

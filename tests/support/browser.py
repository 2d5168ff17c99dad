"""A real browser: Debian's chromium, driven by Playwright, which downloads none of its own."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "there is no chromium to look at the pages with: `make browser` installs it"
_OUTSIDE_S = 30.0
ALL_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOUR_RULES = ("color-contrast", "link-in-text-block")  # the others' answers are the same in light and dark

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


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
def running_browser(executable: str, *more: str) -> Iterator[Browser]:
    """The browser; without its sandbox where root runs it, which it refuses otherwise: it sees our own pages alone."""
    arguments = [*more, "--no-sandbox"] if os.geteuid() == 0 else [*more]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def broken_rules(page: Page, rules: Sequence[str] = ALL_RULES) -> str:
    """What axe-core finds against WCAG 2.2 AA on the page with everything unfolded, empty where it finds nothing."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page, options={"runOnly": list(rules)})
    return str(found.generate_report()) if found.violations_count else ""


def beside_playwright(
    work: Callable[_Arguments, _Answer], *args: _Arguments.args, **kwargs: _Arguments.kwargs
) -> _Answer:
    """Run what begins an event loop of its own: Playwright's runs in the thread of its tests all the time."""
    with ThreadPoolExecutor(1) as outside:
        return outside.submit(work, *args, **kwargs).result(_OUTSIDE_S)

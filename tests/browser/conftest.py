"""One service and one browser for all of these tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from producers.sample import END, write_sample
from tests.support.browser import require_chromium, running_browser
from tests.support.command import Command, api_url, becomes, started

REBOUND = "evil.test"  # a foreign name that was made to mean this machine
STORES = 140  # three pages of the list


@dataclass(frozen=True, slots=True)
class Service:
    """A running `up`, and where its API is."""

    command: Command
    state: Path
    url: str


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_browser(require_chromium(), f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1") as running:
        yield running


@pytest.fixture(scope="package")
def service(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A fleet with a past and dead letters; not begun where there is no browser to look at it."""
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("pages")
    write_sample(folder / "data", stores=STORES, days=8, end=END, seed=3, bad_rows=20)
    with started(folder, "up", "--data", "data", "--api-port", "0") as command:
        assert becomes(command, "Ctrl-C stops everything"), command.output
        url = api_url(folder / ".store-monitor" / "data")
        assert url is not None
        yield Service(command, folder / ".store-monitor" / "data", url)


@dataclass(frozen=True, slots=True)
class Watched:
    """A page, with what went wrong on it and where it asked for something."""

    page: Page
    errors: list[str]
    hosts: set[str]


@pytest.fixture
def watched(browser: Browser, service: Service) -> Iterator[Watched]:
    context = browser.new_context(base_url=service.url, viewport={"width": 1280, "height": 900}, locale="en-GB")
    page, errors, hosts = context.new_page(), [], set()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    yield Watched(page, errors, hosts)
    context.close()

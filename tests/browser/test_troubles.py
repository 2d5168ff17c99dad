"""What a visitor meets when something is missing: no poll, no connection, a report that fails, no picture."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.api_place import HOURS, POLLS, ZONES, Place, make_place
from tests.support.browser import beside_playwright, broken_rules
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, running_sidecar

SOON_MS = 15_000


@pytest.fixture
def place(browser: Browser, kafka: RunningKafka, tmp_path: Path) -> Place:
    """Topics and folders for an API of the test's own, which waits for a second where a report has to."""
    assert browser.is_connected()
    made = beside_playwright(make_place, tmp_path, kafka)
    return replace(made, environment={**made.environment, "REPORT_WAIT": "1"})


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def url(sidecar: Sidecar) -> str:
    """Where it listens."""
    return str(sidecar.http.base_url)


def test_a_report_that_fails_says_why_is_tried_again_and_deleted(place: Place, page: Page) -> None:
    place.tables.write(POLLS, HOURS, ZONES, positions=place.positions(0))
    beside_playwright(place.send, "a", 1)  # nobody takes it in
    with running_sidecar(place.environment) as sidecar:
        page.goto(f"{url(sidecar)}/ui/reports")
        page.get_by_role("button", name="Make report").click()
        page.wait_for_url("**/ui/reports/*")
        address = page.url

        expect(page.locator(".report-now.failed")).to_be_visible(timeout=SOON_MS)  # the page followed it
        expect(page.locator(".report-now")).to_contain_text("partitions_lagging")
        expect(page.locator(".report-now")).to_contain_text("Wait until the service has caught up")
        expect(page.get_by_role("link", name="Download")).to_have_count(0)
        assert not broken_rules(page)

        page.goto(f"{url(sidecar)}/ui/reports")
        expect(page.locator(".reports .why")).to_contain_text("not every poll was taken in")
        page.goto(address)

        place.tables.write(POLLS, HOURS, ZONES, positions=place.positions(1), changelog_offset=8)
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".report-now.complete")).to_be_visible(timeout=SOON_MS)
        expect(page.get_by_role("heading", name="The first rows")).to_be_visible()
        assert page.url == address

        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_text("No report yet.")).to_be_visible()
        gone = page.goto(address)

    assert gone is not None
    assert gone.status == 404
    expect(page.get_by_role("heading", name="No such report")).to_be_visible()


def test_a_lost_connection_is_said_until_it_is_back(place: Place, page: Page) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    banner = page.get_by_text("No connection to store-monitor.")
    with running_sidecar(place.environment) as sidecar:
        assert sidecar.becomes_ready()
        port = str(urlsplit(url(sidecar)).port)
        page.goto(f"{url(sidecar)}/ui")
        expect(banner).to_be_hidden()
        page.evaluate("window.stays = true")

    expect(banner).to_be_visible(timeout=SOON_MS)
    assert page.locator("[data-store]").count() > 0
    assert not broken_rules(page)

    with running_sidecar({**place.environment, "API_PORT": port}):
        expect(banner).to_be_hidden(timeout=SOON_MS)

        assert page.evaluate("window.stays") is True


def test_a_fleet_without_a_poll_says_so_and_shows_itself_with_the_first(place: Place, page: Page) -> None:
    place.tables.write(zones=ZONES)
    with running_sidecar(place.environment) as sidecar:
        assert sidecar.becomes_ready()
        page.goto(f"{url(sidecar)}/ui")
        expect(page.get_by_role("heading", name="No polls yet")).to_be_visible()
        expect(page.locator(".trouble")).to_contain_text("store-monitor replay")
        assert not broken_rules(page)

        place.tables.write(POLLS, HOURS, ZONES, changelog_offset=8)

        expect(page.get_by_role("heading", name="Fleet")).to_be_visible(timeout=SOON_MS)
        expect(page.locator('[data-store="a"]')).to_be_visible()

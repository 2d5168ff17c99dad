"""What a visitor meets: every page, by mouse, by keyboard and by screen reader, wide and narrow."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from playwright.sync_api import Browser, Locator, Page, expect

from producers.sample import END
from stream_app.domain.partitions import partition_of
from tests.browser.conftest import Service, Watched
from tests.support.browser import COLOUR_RULES, beside_playwright, broken_rules
from tests.support.command import processes_below
from tests.support.waiting import comes_true

VISIBLE_MS = 1000
PATIENCE_S = 30  # a machine that runs other tests too
PAGE_ROWS = 50
WIDTHS = (320, 360, 768, 769, 1025, 1100, 1217, 1920, 3840)  # on each side of where the layout changes


@pytest.fixture(scope="module")
def addresses(service: Service) -> dict[str, str]:
    """A page of each kind that there is."""
    with httpx.Client(base_url=service.url, timeout=PATIENCE_S) as http:
        store = http.get("/stores", params={"sort": "downtime_last_week"}).json()["stores"][3]["store_id"]
        report = http.post("/reports", json={}).raise_for_status().json()["report_id"]
        assert comes_true(lambda: http.get(f"/reports/{report}").json()["state"] == "Complete", PATIENCE_S)
    day = f"{END:%Y-%m-%d}"
    return {
        "fleet": "/ui",
        "filtered fleet": "/ui?status=down&sort=status",
        "nothing found": "/ui?q=nothing",
        "store": f"/ui/stores/{store}",
        "day": f"/ui/stores/{store}?zoom={day}",
        "hour": f"/ui/stores/{store}?zoom={day}T02",
        "reports": "/ui/reports",
        "report": f"/ui/reports/{report}",
        "problems": "/ui/problems",
    }


PAGES = ("fleet", "filtered fleet", "nothing found", "store", "day", "hour", "reports", "report", "problems")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_without_an_error_asks_no_other_host_and_fits_every_window(
    watched: Watched, service: Service, addresses: dict[str, str], name: str
) -> None:
    answer = watched.page.goto(addresses[name], wait_until="load")
    needed = {}
    for width in WIDTHS:
        watched.page.set_viewport_size({"width": width, "height": 900})
        needed[width] = watched.page.evaluate("document.documentElement.scrollWidth")

    assert answer is not None
    assert answer.status == 200
    expect(watched.page.locator("h1")).to_be_visible()
    assert all(found <= width for width, found in needed.items()), needed
    assert watched.errors == []
    assert watched.hosts == {service.url.removeprefix("http://")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_the_rules_for_accessibility(watched: Watched, addresses: dict[str, str], name: str) -> None:
    watched.page.emulate_media(color_scheme="light", reduced_motion="reduce")  # so that colours don't fade
    watched.page.goto(addresses[name])

    in_light = broken_rules(watched.page)
    watched.page.emulate_media(color_scheme="dark")
    in_dark = broken_rules(watched.page, COLOUR_RULES)

    assert not in_light
    assert not in_dark


def test_searching_sorting_and_paging_work_without_script(browser: Browser, service: Service) -> None:
    context = browser.new_context(base_url=service.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/ui")
    first = ids(page)

    follow(page, page.get_by_role("link", name="Next"))
    second = ids(page)
    follow(page, page.get_by_role("link", name="Previous"))
    again = ids(page)
    follow(page, page.get_by_role("columnheader", name="Down 7 d").get_by_role("link"))
    sorting = page.get_by_role("columnheader", name="Down 7 d").get_attribute("aria-sort")
    page.get_by_label("Find").fill(first[7])
    follow(page, page.get_by_role("button", name="Apply"))
    found = ids(page)
    context.close()

    assert len(first) == len(second) == PAGE_ROWS
    assert not set(first) & set(second)
    assert again == first
    assert sorting == "descending"
    assert found == [first[7]]


def test_a_report_is_made_followed_and_downloaded(watched: Watched) -> None:
    page = watched.page
    page.goto("/ui/reports")

    page.get_by_role("button", name="Make report").click()
    expect(page.get_by_role("heading", name="The first rows")).to_be_visible(timeout=20_000)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()

    header = downloading.value.path().read_text().splitlines()[0]
    assert header.startswith("store_id,uptime_last_hour")
    assert page.locator(".preview tbody tr").count() == 10
    assert watched.errors == []


def test_a_report_that_cannot_be_made_says_why_and_keeps_the_form(browser: Browser, service: Service) -> None:
    context = browser.new_context(base_url=service.url)
    page = context.new_page()
    page.goto("/ui/reports")
    page.get_by_text("More options").click()
    page.get_by_label("Zone").fill("America/Gotham")

    page.get_by_role("button", name="Make report").click()

    expect(page.get_by_role("alert")).to_contain_text("America/Gotham")
    expect(page.get_by_label("Zone")).to_have_value("America/Gotham")
    context.close()


def test_the_keyboard_alone_leads_from_the_top_to_a_store(watched: Watched) -> None:
    page = watched.page
    page.goto("/ui")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    met = list(tabbed(page, 60))

    assert met.index("Find") < met.index("Status") < met.index("Apply")
    first = page.locator("[data-store] a").first
    first.focus()
    assert first.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Store ")


def test_a_poll_changes_the_row_within_a_second_without_a_reload(watched: Watched, service: Service) -> None:
    asked = {"status": "up", "limit": "1"}
    store = httpx.get(f"{service.url}/stores", params=asked, timeout=PATIENCE_S).json()["stores"][0]["store_id"]
    page = watched.page
    with page.expect_response("**/events"):
        page.goto(f"/ui?q={store}")
    row = page.locator(f'[data-store="{store}"]')
    expect(row).to_have_attribute("data-status", "up")
    page.evaluate("window.stays = true")

    beside_playwright(asyncio.run, send_poll(service, store, "inactive"))
    acknowledged = time.monotonic()
    expect(row).to_have_attribute("data-status", "down", timeout=10 * VISIBLE_MS)
    took = time.monotonic() - acknowledged

    expect(row).to_have_class("changed")
    assert took * 1000 <= VISIBLE_MS
    assert page.evaluate("window.stays") is True
    assert watched.errors == []


def test_a_broker_that_is_gone_is_said_and_taken_back_when_it_answers(watched: Watched, service: Service) -> None:
    page = watched.page
    page.goto("/ui")
    expect(page.locator(".banner")).not_to_have_class("banner broken")

    with paused(broker_pid(service)):
        expect(page.locator(".banner.broken")).to_contain_text("Kafka does not answer", timeout=20_000)
    expect(page.locator(".banner.broken")).to_have_count(0, timeout=20_000)


def broker_pid(service: Service) -> int:
    """The Java process of the service's own broker."""
    found = processes_below(service.state)
    return next(pid for pid, arguments in found.items() if "kafka.Kafka" in arguments)


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """A process that doesn't answer, as one behind a broken network."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def send_poll(service: Service, store: str, status: str) -> None:
    """A poll of now, as the fleet's clock has it; returns when Kafka has acknowledged it."""
    brokers = json.loads((service.state / "kafka.json").read_bytes())["brokers"]
    value = {"store_id": store, "status": status, "timestamp_utc": f"{END:%Y-%m-%d %H:%M:%S} UTC"}
    producer = AIOKafkaProducer(bootstrap_servers=brokers)
    await producer.start()
    try:
        partitions = len(await producer.partitions_for("store-polls"))
        home = partition_of(store.encode(), partitions)
        await producer.send_and_wait("store-polls", json.dumps(value).encode(), store.encode(), home)
    finally:
        await producer.stop()


def follow(page: Page, link: Locator) -> None:
    """Click, and wait until the page that it leads to is there."""
    with page.expect_navigation():
        link.click()


def ids(page: Page) -> list[str]:
    """The stores of the list, in order."""
    return [row.get_attribute("data-store") or "" for row in page.locator("[data-store]").all()]


def tabbed(page: Page, steps: int) -> Iterator[str]:
    """The names of what the tab key comes to."""
    for _ in range(steps):
        page.keyboard.press("Tab")
        yield page.evaluate(
            "(document.activeElement.labels?.[0]?.firstChild ?? document.activeElement).textContent.trim()"
        )

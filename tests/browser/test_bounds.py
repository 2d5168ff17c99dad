"""The fleet's page at the size of the fleet that it was asked for: what it weighs, when it is there, what moves."""

from collections.abc import Iterator
from contextlib import ExitStack
from math import inf

import httpx
import pytest
from playwright.sync_api import Browser, Page, Response

from tests.support.kafka import RunningKafka
from tests.support.loaded_fleet import loaded_sidecar

STORES = 14_000
PAGE_BYTES = 150_000
SCRIPT_BYTES = 30 * 1024
PAINT_MS = 500
LOADS = 20  # at most: mostly the first one is fast enough
WIDTHS = (1280, 390)
PAGE_ROWS = 50

ADD_UP_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(each => { window.shifted += each.value; }))
    .observe({type: "layout-shift", buffered: true});
"""
FIRST_PAINT = """
() => new Promise(done => new PerformanceObserver(list => {
    for (const each of list.getEntriesByName("first-contentful-paint")) done(each.startTime);
}).observe({type: "paint", buffered: true}))
"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def url(browser: Browser, kafka: RunningKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fleet of 14,000, and a server that has made a page of it before; not begun without a browser."""
    assert browser.is_connected()
    with loaded_sidecar(tmp_path_factory.mktemp("fleet"), kafka, STORES) as sidecar:
        assert sidecar.get("/summary")["stores"] == STORES
        sidecar.http.get("/ui").raise_for_status()
        yield str(sidecar.http.base_url)


@pytest.fixture
def fresh_pages(browser: Browser, url: str) -> Iterator[list[Page]]:
    """A page of each width, of visitors who were never here, and whose clock is not that of the stores."""
    with ExitStack() as contexts:
        pages = []
        for width in WIDTHS:
            context = browser.new_context(
                base_url=url, viewport={"width": width, "height": 900}, timezone_id="Europe/Berlin", locale="en-GB"
            )
            contexts.callback(context.close)
            context.add_init_script(ADD_UP_SHIFTS)
            pages.append(context.new_page())
        yield pages


def test_the_first_page_of_the_fleet_is_light(url: str) -> None:
    with httpx.stream("GET", f"{url}/ui", headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) <= PAGE_BYTES


def test_the_first_page_of_the_fleet_is_painted_at_once(browser: Browser, url: str) -> None:
    paints: list[float] = []

    while len(paints) < LOADS and min(paints, default=inf) > PAINT_MS:  # what else runs on a machine only adds
        context = browser.new_context(base_url=url)  # without anything cached
        page = context.new_page()
        page.goto("/ui")
        paints.append(page.evaluate(FIRST_PAINT))
        context.close()

    assert min(paints) <= PAINT_MS, paints


def test_nothing_moves_on_the_fleets_page(fresh_pages: list[Page]) -> None:
    with ExitStack() as renewals:
        for page in fresh_pages:
            renewals.enter_context(page.expect_response("**/ui/now"))  # what is renewed first
            page.goto("/ui")
    for page in fresh_pages:
        page.evaluate(TWO_FRAMES)

    assert [page.locator("[data-store]").count() for page in fresh_pages] == [PAGE_ROWS] * len(WIDTHS)
    assert [page.evaluate("window.shifted") for page in fresh_pages] == [0] * len(WIDTHS)


def test_all_script_of_the_fleets_page_is_small(browser: Browser, url: str) -> None:
    context = browser.new_context(base_url=url)
    page, scripts = context.new_page(), list[Response]()
    page.on("response", lambda answer: scripts.append(answer) if answer.request.resource_type == "script" else None)
    page.goto("/ui", wait_until="load")

    bodies = [answer.body() for answer in scripts]
    context.close()

    assert bodies
    assert sum(map(len, bodies)) <= SCRIPT_BYTES

"""PNGs of every page of a real fleet, light and dark, wide and narrow: `make screenshots`.

A picture is of the top of a page, as a visitor meets it; the long ones are cut. Colours are few, so that each file is
small: they stand in the repository.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from producers.sample import write_sample
from tests.support.browser import MISSING, find_chromium, running_browser
from tests.support.command import api_url, becomes, started
from tests.support.waiting import comes_true

FOLDER = Path(__file__).parent.parent.parent / "docs" / "screenshots"
STORES, DAYS, BAD_ROWS, SEED = 400, 9, 40, 7
SIZES = {"wide": (1280, 1180), "narrow": (390, 1900)}
SCHEMES = ("light", "dark")


def main() -> None:
    """Make all of them anew, of a fleet whose last poll is some minutes old."""
    executable = find_chromium()
    if executable is None:
        sys.exit(MISSING)
    FOLDER.mkdir(exist_ok=True)
    with running_service() as url, running_browser(executable) as browser:
        pages = addresses(url)
        for (size, (width, height)), scheme in product(SIZES.items(), SCHEMES):
            with opened(browser, url, width, scheme) as page:
                for name, path in pages.items():
                    take(page, path, FOLDER / f"{name}-{size}-{scheme}.png", width, height)


@contextmanager
def running_service() -> Iterator[str]:
    """A service with a sample that ends now, and its address."""
    with tempfile.TemporaryDirectory(prefix="store-monitor-screenshots-") as name:
        folder = Path(name)
        end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
        write_sample(folder / "data", stores=STORES, days=DAYS, end=end, seed=SEED, bad_rows=BAD_ROWS)
        with started(folder, "up", "--data", "data", "--api-port", "0") as command:
            if not becomes(command, "Ctrl-C stops everything"):
                sys.exit(command.output)
            url = api_url(folder / ".store-monitor" / "data")
            if url is None:
                sys.exit(command.output)
            yield url


def addresses(url: str) -> dict[str, str]:
    """A page of each kind; the store is one that has hours of its own and was down several times."""
    with httpx.Client(base_url=url, timeout=30) as http:
        listed = http.get("/stores", params={"sort": "downtime_last_week", "limit": 200}).json()["stores"]
        store = next(
            each["store_id"]
            for each in listed
            if each["uptime_last_week_minutes"] + each["downtime_last_week_minutes"] < 6 * 24 * 60
            and each["downtime_last_week_minutes"] < each["uptime_last_week_minutes"] / 3
        )
        report = http.post("/reports", json={"columns": "extended"}).raise_for_status().json()["report_id"]
        if not comes_true(lambda: http.get(f"/reports/{report}").json()["state"] == "Complete", 30):
            sys.exit(f"report {report} did not become complete")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return {
        "fleet": "/ui",
        "store": f"/ui/stores/{store}",
        "day": f"/ui/stores/{store}?zoom={yesterday:%Y-%m-%d}",
        "reports": "/ui/reports",
        "report": f"/ui/reports/{report}",
        "problems": "/ui/problems",
        "trouble": "/ui/stores/nobody",
    }


@contextmanager
def opened(browser: Browser, url: str, width: int, scheme: str) -> Iterator[Page]:
    """A page of a visitor in Berlin."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        timezone_id="Europe/Berlin",
        locale="en-GB",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take(page: Page, path: str, file: Path, width: int, height: int) -> None:
    """One picture, no higher than the page or `height`."""
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(path, wait_until="load")
    needed = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(needed, height)})
    page.screenshot(path=file)
    print(f"{file.relative_to(FOLDER.parent.parent)}: {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()

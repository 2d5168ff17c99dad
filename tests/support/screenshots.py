"""PNGs of every page of a real fleet, light and dark, wide and narrow: `make screenshots`.

A picture is of the top of a page, as a visitor meets it; the long ones are cut. Colours are few, so that each file is
small: they stand in the repository.
"""

import json
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
from tests.support.sidecar import api_environment, running_sidecar
from tests.support.waiting import comes_true

FOLDER = Path(__file__).parent.parent.parent / "docs" / "screenshots"
STORES, DAYS, BAD_ROWS, SEED = 400, 9, 40, 7
SIZES = {"wide": (1280, 1180), "narrow": (390, 1900)}
SCHEMES = ("light", "dark")
POLICY_WITH_GAPS = "max_gap:90"
GAPS_SHOWN = (("wide", "light"), ("narrow", "dark"))  # two of four are enough to see how hatching looks


def main() -> None:
    """Make all of them anew, of a fleet whose last poll is some minutes old."""
    executable = find_chromium()
    if executable is None:
        sys.exit(MISSING)
    FOLDER.mkdir(exist_ok=True)
    with running_service() as (url, state), with_gaps(state) as other_url, running_browser(executable) as browser:
        pages, pages_with_gaps = addresses(url), addresses_with_gaps(other_url)
        for (size, (width, height)), scheme in product(SIZES.items(), SCHEMES):
            shown = {**pages, **pages_with_gaps} if (size, scheme) in GAPS_SHOWN else pages
            with opened(browser, width, scheme) as page:
                for name, address in shown.items():
                    take(page, address, FOLDER / f"{name}-{size}-{scheme}.png", width, height)


@contextmanager
def running_service() -> Iterator[tuple[str, Path]]:
    """A service with a sample that ends now: its address, and where its state is."""
    with tempfile.TemporaryDirectory(prefix="store-monitor-screenshots-") as name:
        folder = Path(name)
        end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
        write_sample(folder / "data", stores=STORES, days=DAYS, end=end, seed=SEED, bad_rows=BAD_ROWS)
        with started(folder, "up", "--data", "data", "--api-port", "0") as command:
            if not becomes(command, "Ctrl-C stops everything"):
                sys.exit(command.output)
            state = folder / ".store-monitor" / "data"
            url = api_url(state)
            if url is None:
                sys.exit(command.output)
            yield url, state


@contextmanager
def with_gaps(state: Path) -> Iterator[str]:
    """A second API over the same state, under a policy that knows nothing of the time long after a poll."""
    brokers = json.loads((state / "kafka.json").read_bytes())["brokers"]
    with tempfile.TemporaryDirectory(prefix="store-monitor-screenshots-") as name:
        given = {"DATA_DIR": str(state / "worker-1"), "REPORT_POLICY": POLICY_WITH_GAPS, "LOG_LEVEL": "WARNING"}
        with running_sidecar(api_environment(Path(name), brokers, **given)) as sidecar:
            if not sidecar.becomes_ready():
                sys.exit("the second API did not become ready")
            yield str(sidecar.http.base_url)


def addresses(url: str) -> dict[str, str]:
    """A page of each kind."""
    with httpx.Client(base_url=url, timeout=30) as http:
        store = some_store(http)
        report = http.post("/reports", json={"columns": "extended"}).raise_for_status().json()["report_id"]
        if not comes_true(lambda: http.get(f"/reports/{report}").json()["state"] == "Complete", 30):
            sys.exit(f"report {report} did not become complete")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return {
        "fleet": f"{url}/ui",
        "store": f"{url}/ui/stores/{store}",
        "day": f"{url}/ui/stores/{store}?zoom={yesterday:%Y-%m-%d}",
        "reports": f"{url}/ui/reports",
        "report": f"{url}/ui/reports/{report}",
        "problems": f"{url}/ui/problems",
        "trouble": f"{url}/ui/stores/nobody",
    }


def addresses_with_gaps(url: str) -> dict[str, str]:
    """Where minutes are unknown."""
    with httpx.Client(base_url=url, timeout=30) as http:
        return {"unknown-fleet": f"{url}/ui", "unknown-store": f"{url}/ui/stores/{some_store(http)}"}


def some_store(http: httpx.Client) -> str:
    """One that has hours of its own and was down for some of them."""
    listed = http.get("/stores", params={"sort": "downtime_last_week", "limit": 200}).json()["stores"]
    return next(
        str(each["store_id"])
        for each in listed
        if each["uptime_last_week_minutes"] + each["downtime_last_week_minutes"] < 6 * 24 * 60
        and each["downtime_last_week_minutes"] < each["uptime_last_week_minutes"] / 3
    )


@contextmanager
def opened(browser: Browser, width: int, scheme: str) -> Iterator[Page]:
    """A page of a visitor in Berlin."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        timezone_id="Europe/Berlin",
        locale="en-GB",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take(page: Page, address: str, file: Path, width: int, height: int) -> None:
    """One picture, no higher than the page or `height`."""
    page.set_viewport_size({"width": width, "height": 600})
    page.goto(address, wait_until="load")
    needed = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(needed, height)})
    page.screenshot(path=file)
    print(f"{file.relative_to(FOLDER.parent.parent)}: {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()

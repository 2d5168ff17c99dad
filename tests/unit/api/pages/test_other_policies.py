"""The pages under policies that know nothing of some minutes, or of any."""

import re
from collections.abc import Iterator

import pytest

from tests.support.api_place import HOURS, POLLS, ZONES
from tests.support.live_api import LiveApi, live_api_of


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    with live_api_of(tmp_path_factory.mktemp("place"), POLLS, HOURS, ZONES) as made:
        yield made


@pytest.fixture
def without_minutes(api: LiveApi) -> LiveApi:
    """A service whose policy gives minutes no status."""
    api.app.state.services.default_policy = "poll_hours"
    return api


@pytest.fixture
def with_gaps(api: LiveApi) -> LiveApi:
    """A service that trusts a poll for an hour."""
    api.app.state.services.default_policy = "max_gap:60"
    return api


def test_a_fleet_without_minutes_says_that_it_has_no_pictures(without_minutes: LiveApi) -> None:
    page = without_minutes.answer("GET", "/ui").text

    assert "gives minutes no status, so there is no picture of them" in page
    assert "no picture under this policy" in page
    assert '<svg class="strip"' not in page


def test_a_store_without_minutes_has_its_figures_and_no_timeline(without_minutes: LiveApi) -> None:
    page = without_minutes.answer("GET", "/ui/stores/a", zoom="2023-01-24").text

    assert page.count("Why this number") == 3
    assert "gives minutes no status, so there is no timeline" in page
    assert '<svg class="day"' not in page
    assert "outage" not in page.replace("list of outages", "")


def test_minutes_that_no_poll_covers_are_hatched_and_said(with_gaps: LiveApi) -> None:
    fleet, store = (with_gaps.answer("GET", path).text for path in ("/ui?q=a", "/ui/stores/a"))

    assert '<path class="unknown" fill="url(#hatch-strip)"' in fleet
    assert re.search(r'<svg class="strip"[^>]*aria-label="[^"]*\bunknown \d+ h', fleet)
    assert '<path class="unknown" fill="url(#hatch-day)"' in store


def test_minutes_unknown_are_part_of_the_sum(with_gaps: LiveApi) -> None:
    page, now = with_gaps.answer("GET", "/ui/stores/a").text, with_gaps.get("/stores/a", policy="max_gap:60")

    up, down, unknown = (now[f"{side}_last_week_minutes"] for side in ("uptime", "downtime", "unknown"))
    assert unknown > 0
    assert f">{up + down + unknown:,}<" in page
    assert f' minutes unknown</th><td class="figure">{unknown:,}<' in page

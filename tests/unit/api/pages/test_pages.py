"""The pages over real tables: what they show, escape, allow and refuse."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from api.pages.assets import assets, version
from api.pages.page_route import HEADERS
from tests.support.live_api import LiveApi, live_api, live_api_of
from tests.support.tables import Tables

HOSTILE = "<script>alert('x')</script>"
ZONES = [("a", "Europe/Berlin"), ("b", "Asia/Kolkata"), (HOSTILE, "UTC")]
HOURS = [("a", str(day), "09:00", "17:30") for day in range(7)]
POLLS = [
    ("a", "active", "2023-01-18 10:00:00 UTC"),
    ("a", "inactive", "2023-01-24 12:30:45.5 UTC"),
    ("a", "active", "2023-01-25 11:50:00 UTC"),
    ("b", "active", "2023-01-25 12:00:30.25 UTC"),
    (HOSTILE, "inactive", "2023-01-25 01:00:00 UTC"),
    *((f"n{number:03}", "active" if number % 3 else "inactive", "2023-01-25 02:00:00 UTC") for number in range(120)),
]
PAGE = 50
_ROW = re.compile(r'data-store="([^"]*)"')


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    with live_api_of(tmp_path_factory.mktemp("place"), POLLS, HOURS, ZONES) as made:
        yield made


def listed(answer: httpx.Response) -> list[str]:
    """The ids of a page's rows."""
    return [html.unescape(found) for found in _ROW.findall(answer.text)]


def link(answer: httpx.Response, relation: str) -> dict[str, str] | None:
    """The parameters of a page's link to another."""
    found = re.search(rf'rel="{relation}" href="([^"]*)"', answer.text)
    query = parse_qs(urlsplit(html.unescape(found[1])).query) if found else {}
    return {name: values[0] for name, values in query.items()} if found else None


def test_the_root_leads_to_the_fleet(api: LiveApi) -> None:
    answer = api.answer("GET", "/")

    assert answer.status_code == 307
    assert answer.headers["location"] == "/ui"


@pytest.mark.parametrize("path", ["/ui", "/ui/stores/a", "/ui/stores/nobody", "/ui/now", "/ui/week", "/ui/rows?ids=a"])
def test_every_page_forbids_foreign_and_inline_content(api: LiveApi, path: str) -> None:
    answer = api.answer("GET", path)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=", answer.text)


def test_a_store_called_script_is_shown_as_such(api: LiveApi) -> None:
    answers = [api.answer("GET", "/ui", q="script"), api.answer("GET", "/ui/store", id=HOSTILE)]

    for answer in answers:
        assert answer.status_code == 200
        assert HOSTILE not in answer.text
        assert html.escape(HOSTILE, quote=False).replace("'", "&#39;") in answer.text
    assert listed(answers[0]) == [HOSTILE]


def test_the_pages_of_the_list_hold_every_store_once(api: LiveApi) -> None:
    answer = api.answer("GET", "/ui")
    found = listed(answer)
    while (params := link(answer, "next")) is not None:
        answer = api.answer("GET", "/ui", **params)
        found += listed(answer)

    assert found == sorted({poll[0] for poll in POLLS} | {zone[0] for zone in ZONES})


def test_previous_leads_back(api: LiveApi) -> None:
    first = api.answer("GET", "/ui", sort="uptime_last_week")
    second = api.answer("GET", "/ui", **(link(first, "next") or {}))

    back = api.answer("GET", "/ui", **(link(second, "prev") or {}))

    assert len(listed(second)) == PAGE
    assert listed(back) == listed(first)


def test_a_page_whose_snapshot_is_gone_is_the_same_place_in_a_new_one(api: LiveApi) -> None:
    cursor = (link(api.answer("GET", "/ui"), "next") or {})["cursor"]
    _, place, asked = cursor.split(".")

    answer = api.answer("GET", "/ui", cursor=f"gone.{place}.{asked}")

    assert "The list has moved on" in answer.text
    assert listed(answer) == listed(api.answer("GET", "/ui", cursor=cursor))


@pytest.mark.parametrize(
    "sort", ["id", "status", "zone", "last_poll", "uptime_last_day", "uptime_last_week", "downtime_last_week"]
)
def test_a_column_sorts_and_its_head_turns_it_round(api: LiveApi, sort: str) -> None:
    chosen = {"q": "n", "sort": sort}
    there = api.answer("GET", "/ui", **chosen)
    every = listed(there) + listed(api.answer("GET", "/ui", **(link(there, "next") or {})))
    every += listed(api.answer("GET", "/ui", cursor=".".join(_third(link(there, "next"))), **chosen))

    back = api.answer("GET", "/ui", order="reverse", **chosen)

    assert listed(back)[:20] == every[::-1][:20]
    assert len(re.findall("aria-sort=", there.text)) == 1
    assert {*re.findall(r'aria-sort="(\w+)"', there.text), *re.findall(r'aria-sort="(\w+)"', back.text)} == {
        "ascending",
        "descending",
    }


def _third(params: dict[str, str] | None) -> list[str]:
    snapshot, _, asked = (params or {})["cursor"].split(".")
    return [snapshot, str(2 * PAGE), asked]


def test_an_empty_form_asks_for_everything(api: LiveApi) -> None:
    answer = api.answer("GET", "/ui", q="", status="", zone="", sort="id")

    assert answer.status_code == 200
    assert len(listed(answer)) == PAGE


def test_a_filter_without_a_store_says_so_and_leads_back(api: LiveApi) -> None:
    answer = api.answer("GET", "/ui", q="nothing like it")

    assert "No store fits." in answer.text
    assert 'href="/ui#stores"' in answer.text


def test_a_filter_keeps_its_values_in_the_form(api: LiveApi) -> None:
    answer = api.answer("GET", "/ui", q="n0", status="up", zone="America/Chicago")

    assert 'name="q" value="n0"' in answer.text
    assert '<option value="up" selected>' in answer.text
    assert "<option selected>America/Chicago</option>" in answer.text
    assert all(store_id.startswith("n0") for store_id in listed(answer))


def test_rows_come_in_the_order_asked_for_and_as_the_list_has_them(api: LiveApi) -> None:
    answer = api.answer("GET", "/ui/rows?ids=n001&ids=nobody&ids=a")

    assert listed(answer) == ["n001", "a"]
    row = re.search(r'<tr role="row" data-store="n001".*?</tr>', answer.text, re.DOTALL)
    assert row is not None
    assert row[0] in api.answer("GET", "/ui", q="n001").text


def test_the_figures_of_a_store_are_the_reports_and_add_up(api: LiveApi) -> None:
    page, now = api.answer("GET", "/ui/stores/a").text, api.get("/stores/a")

    up, down = now["uptime_last_week_minutes"], now["downtime_last_week_minutes"]
    assert f"{round(up / 60, 2)} h" in page
    assert f"{round(down / 60, 2)} h" in page
    assert f">{up + down:,}<" in page
    outages = api.get("/store/outages", id="a")
    lost = sum(outage["minutes_lost"] for outage in outages["outages"])
    assert lost == down
    assert f"minutes down, {outages['count']} outage" in page
    assert f"{lost // 60} h {lost % 60} min lost" in page


def test_a_store_says_since_when_on_its_own_clock_with_its_zone(api: LiveApi) -> None:
    page = api.answer("GET", "/ui/stores/a").text

    assert "Wed 25 Jan 2023, 12:50 CET" in page
    assert 'datetime="2023-01-25T11:50:00Z"' in page


@pytest.mark.parametrize(
    ("zoom", "title"), [("2023-01-24", "Tue 24 Jan"), ("2023-01-24T13", "13:00 to 14:00, Tue 24 Jan")]
)
def test_a_zoom_shows_a_day_or_an_hour_and_its_polls(api: LiveApi, zoom: str, title: str) -> None:
    page = api.answer("GET", "/ui/stores/a", zoom=zoom).text

    assert f'<h2 id="zoom-title">{title}</h2>' in page
    assert ">inactive</td>" in page


@pytest.mark.parametrize("zoom", ["tomorrow", "2023-01-26", "2023-01-24T24", "2023-01-24T", "2023-02-30"])
def test_a_zoom_that_cannot_be_is_refused_on_a_page(api: LiveApi, zoom: str) -> None:
    answer = api.answer("GET", "/ui/stores/a", zoom=zoom)

    assert answer.status_code == 422
    assert "This address has a mistake" in answer.text


def test_an_unknown_store_has_a_page_that_says_so(api: LiveApi) -> None:
    answer = api.answer("GET", "/ui/stores/nobody")

    assert answer.status_code == 404
    assert "No such store" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_kafka_that_is_away_is_said_on_every_page_with_figures(api: LiveApi) -> None:
    for path in ("/ui", "/ui/now", "/ui/stores/a"):
        assert "Kafka does not answer: what you see may be out of date" in api.answer("GET", path).text
    problems = api.answer("GET", "/ui/problems")
    assert problems.status_code == 503
    assert "Kafka does not answer" in problems.text


def test_a_fleet_without_polls_says_how_to_begin(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", 1)
    tables.write(zones=ZONES)
    with live_api(tmp_path / "api", tables, 1) as empty:
        answer = empty.answer("GET", "/ui")

    assert answer.status_code == 409
    assert "No polls yet" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.example"}],
    ids=str,
)
def test_a_foreign_form_begins_nothing(api: LiveApi, headers: dict[str, str]) -> None:
    answer = api.submit("/ui/reports", headers)

    assert answer.status_code == 403
    assert "foreign_form" in answer.text


def test_files_are_kept_for_ever_under_their_version_alone(api: LiveApi) -> None:
    kept = api.answer("GET", f"/ui/static/{version()}/page.mjs")
    other = api.answer("GET", "/ui/static/older/page.mjs")

    assert kept.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in kept.headers["cache-control"]
    assert other.headers["cache-control"] == "no-store"
    assert api.answer("GET", f"/ui/static/{version()}/nothing.css").status_code == 404


def test_all_script_is_small_and_asks_no_other_host() -> None:
    scripts = [asset.content for name, asset in assets().items() if name.endswith(".mjs")]

    assert sum(map(len, scripts)) <= 30 * 1024
    assert not any(b"://" in script for script in scripts)

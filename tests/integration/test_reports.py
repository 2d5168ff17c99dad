"""Reports in the service's own form, through the API as a process on a real Kafka and real tables."""

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import zstandard

from tests import reference
from tests.support.api_place import HOURS, POLLS, ZONES, Place, api_over_all, make_place
from tests.support.kafka import RunningKafka
from tests.support.sidecar import Sidecar, running_sidecar
from tests.support.waiting import comes_true

UNFINISHED = {"Pending", "Running"}
# One of each set of columns.
ASKED: list[dict[str, Any]] = [
    {},
    {"columns": "extended"},
    {"range": {"from": "2023-01-20", "to": "2023-01-21"}},
    {"policy": "poll_hours", "columns": "extended", "windows": "calendar"},
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka) -> Iterator[Sidecar]:
    with api_over_all(make_place(tmp_path_factory.mktemp("reports"), kafka)) as sidecar:
        yield sidecar


@pytest.fixture(scope="module")
def fleet_report(fleet: Sidecar) -> dict[str, Any]:
    """One that is complete."""
    return made(fleet)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, kafka: RunningKafka) -> Place:
    return make_place(tmp_path_factory.mktemp("place"), kafka)


def made(sidecar: Sidecar, **body: object) -> dict[str, Any]:
    """A report from its trigger to its end."""
    begun = sidecar.http.post("/reports", json=body)
    assert begun.status_code == 202, begun.text
    return ended(sidecar, begun.json()["report_id"])


def ended(sidecar: Sidecar, report_id: str) -> dict[str, Any]:
    assert comes_true(lambda: sidecar.get(f"/reports/{report_id}")["state"] not in UNFINISHED, within_s=30)
    return sidecar.get(f"/reports/{report_id}")


def content(sidecar: Sidecar, report: dict[str, Any], **params: str) -> bytes:
    return sidecar.http.get(report["links"]["download"], params=params).raise_for_status().content


def raw(sidecar: Sidecar, url: str, accept_encoding: str) -> tuple[bytes, httpx.Headers]:
    """The bytes as they come, packed or not."""
    with sidecar.http.stream("GET", url, headers={"Accept-Encoding": accept_encoding}) as answer:
        return b"".join(answer.iter_raw()), answer.headers


def unpacked(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(content)


def rows_of(csv: bytes, *ids: str) -> bytes:
    header, *rows = csv.splitlines(keepends=True)
    return header + b"".join(row for row in rows if row.split(b",")[0].decode() in ids)


def whole() -> bytes:
    return reference.report(POLLS, HOURS, ZONES)


def test_report_is_the_reference_s_and_tells_everything_about_itself(fleet: Sidecar) -> None:
    begun = fleet.http.post("/reports")
    report = ended(fleet, begun.json()["report_id"])

    assert begun.headers["location"] == report["links"]["self"]
    assert content(fleet, report) == whole()
    assert (report["state"], report["progress"], report["as_of"]) == ("Complete", 1, "2023-01-25T12:00:00.000000Z")
    assert report["counts"] == {
        "stores": 6,
        "polls": 6,
        "calendars": 5,
        "bytes": len(whole()),
        "first_poll": "2023-01-12T12:00:00.000000Z",
        "last_poll": "2023-01-25T12:00:30.250000Z",
    }
    assert len(report["partitions"]) == 4
    assert set(report["timings"]) == {"end_offsets", "wait", "catch_up", "scan", "count", "write"}
    assert report["triggered_at"] <= report["started_at"] <= report["finished_at"]


def test_body_chooses_time_policy_columns_format_windows_range_and_stores(fleet: Sidecar) -> None:
    some = made(fleet, stores=["b", " a ", "nobody"])
    by_text = made(fleet, filter={"q": "etc"})
    by_zone = made(fleet, filter={"zone": "Asia/Kolkata"})
    lines = made(fleet, columns="extended", format="jsonl", policy="max_gap:90", as_of="2023-01-25T12:00:00Z")
    local = made(fleet, windows="calendar")
    same = made(fleet, policy="calendar")
    ranged = made(fleet, range={"from": "2023-01-20", "to": "2023-01-22"})

    assert content(fleet, some) == rows_of(whole(), "a", "b")
    assert some["stores"] == ["b", "a", "nobody"]
    assert content(fleet, by_text) == rows_of(whole(), "../etc")
    assert content(fleet, by_zone) == rows_of(whole(), "b")
    assert json.loads(content(fleet, lines).splitlines()[-1])["estimated_from"] == "max_gap:90"
    assert content(fleet, local) == content(fleet, same) != whole()
    assert content(fleet, ranged).startswith(b"store_id,uptime_minutes")
    assert ranged["range"] == {"from": "2023-01-20", "to": "2023-01-22"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"as_of": "yesterday"}, "bad_as_of"),
        ({"as_of": "2023-01-16T23:59:59Z"}, "as_of_not_retained"),
        ({"policy": "guess"}, "unknown_policy"),
        ({"range": {"from": "2023-01-22", "to": "2023-01-20"}}, "bad_range"),
        ({"range": {"from": "2023-01-20", "to": "2023-01-22"}, "windows": "rolling"}, "bad_range"),
        ({"stores": [""]}, "bad_store_id"),
        ({"filter": {"zone": "Mars/Olympus"}}, "unknown_zone"),
        ({"colour": "red"}, "invalid_request"),
        (["stores"], "invalid_request"),
    ],
)
def test_body_that_cannot_be_is_refused_by_name(fleet: Sidecar, body: object, code: str) -> None:
    answer = fleet.http.post("/reports", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_idempotency_key_gives_the_same_report_and_refuses_another_body(fleet: Sidecar) -> None:
    key = {"Idempotency-Key": "monday"}
    first = fleet.http.post("/reports", json={"stores": ["a"], "policy": "default"}, headers=key)
    again = fleet.http.post("/reports", json={"policy": "default", "stores": ["a"]}, headers=key)
    other = fleet.http.post("/reports", json={"stores": ["b"]}, headers=key)

    assert (again.status_code, again.headers["location"]) == (202, first.headers["location"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_download_is_named_by_its_content_and_comes_whole_in_part_or_compressed(
    fleet: Sidecar, fleet_report: dict[str, Any]
) -> None:
    url, plain = fleet_report["links"]["download"], {"Accept-Encoding": "identity"}
    stored = fleet.http.get(url, headers=plain)
    unchanged = fleet.http.get(url, headers={**plain, "If-None-Match": stored.headers["etag"]})
    part = fleet.http.get(url, headers={**plain, "Range": "bytes=9-19"})
    packed, packed_headers = raw(fleet, url, "gzip")
    smaller, smaller_headers = raw(fleet, url, "gzip, zstd")
    in_lines, lines_headers = raw(fleet, f"{url}?format=jsonl", "zstd")
    refused, refused_headers = raw(fleet, url, "gzip;q=0, zstd;q=0")
    again = fleet.http.get(url, headers={"Accept-Encoding": "zstd", "If-None-Match": smaller_headers["etag"]})
    unreadable = fleet.http.get(url, headers={**plain, "Range": "stores=1-2"})
    backwards = fleet.http.get(url, headers={**plain, "Range": "bytes=9-3"})
    beyond = fleet.http.get(url, headers={**plain, "Range": "bytes=999999-"})

    assert stored.headers["etag"] == f'"{fleet_report["sha256"]}"'
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (part.status_code, part.content) == (206, whole()[9:20])
    assert part.headers["content-range"] == f"bytes 9-19/{len(whole())}"
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(whole())}"
    assert unreadable.content == backwards.content == whole()
    assert packed_headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == stored.content == whole()
    assert smaller_headers["content-encoding"] == lines_headers["content-encoding"] == "zstd"
    assert unpacked(smaller) == whole()
    assert unpacked(in_lines).startswith(b'{"store_id":')
    assert (refused, "content-encoding" in refused_headers) == (whole(), False)
    assert again.status_code == 304
    tags = [answer["etag"] for answer in (stored.headers, packed_headers, smaller_headers, lines_headers)]
    assert len(set(tags)) == 4


def test_download_comes_in_the_other_format_and_guards_formulas_where_that_is_asked_for(
    fleet: Sidecar, fleet_report: dict[str, Any]
) -> None:
    as_lines = content(fleet, fleet_report, format="jsonl")
    lines = made(fleet, format="jsonl")
    guarded = content(fleet, fleet_report, guard_formulas="true")

    nobody = [made(fleet, stores=["nobody"], **asked) for asked in ASKED]
    in_lines = [made(fleet, stores=["nobody"], format="jsonl", **asked) for asked in ASKED]

    assert [content(fleet, each, format="csv") for each in in_lines] == [content(fleet, each) for each in nobody]
    assert as_lines == content(fleet, lines)
    assert content(fleet, lines, format="csv") == whole()
    assert guarded == whole().replace(b"\n=1+1,", b"\n'=1+1,") != whole()


def test_reports_are_listed_newest_first_a_page_at_a_time(place: Place) -> None:
    with api_over_all(place) as sidecar:
        ids = [made(sidecar)["report_id"] for _ in range(5)]
        first = sidecar.get("/reports", limit="2")
        sidecar.http.delete(f"/reports/{ids[3]}").raise_for_status()  # the page's last one
        rest = sidecar.get("/reports", limit="3", cursor=first["next"])
        failed = sidecar.get("/reports", state="Failed")
        bad = sidecar.http.get("/reports", params={"cursor": "é"})

    assert [report["report_id"] for report in first["reports"]] == [ids[4], ids[3]]
    assert [report["report_id"] for report in rest["reports"]] == [ids[2], ids[1], ids[0]]
    assert rest["next"] is None
    assert failed["reports"] == []
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")


def test_delete_cancels_what_runs_and_forgets_what_is_finished(place: Place) -> None:
    with api_over_all(place) as sidecar:
        done = made(sidecar)
        place.send("a", 1)  # nobody takes it in: the report below waits
        running = sidecar.http.post("/reports").json()["report_id"]
        answers = [sidecar.http.delete(f"/reports/{report_id}") for report_id in (done["report_id"], running)]
        cancelled = sidecar.get(f"/reports/{running}")
        in_forms = [sidecar.http.get(f"/get_report/{running}").json(), sidecar.get("/get_report", report_id=running)]
        gone = sidecar.http.get(f"/reports/{done['report_id']}")
        left = sorted(path.name for path in (place.folder / "reports").iterdir())
    with running_sidecar(place.environment) as restarted:
        assert restarted.get(f"/reports/{running}")["state"] == "Cancelled"

    assert [answer.status_code for answer in answers] == [204, 204]
    assert (cancelled["state"], cancelled["code"], cancelled["links"]["download"]) == ("Cancelled", "cancelled", None)
    assert [answer["status"] for answer in in_forms] == ["Failed", "Failed"]
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_report")
    assert left == [f"{running}.json"]


def test_key_is_kept_over_a_restart(place: Place) -> None:
    key = {"Idempotency-Key": "k"}
    with api_over_all(place) as sidecar:
        report_id = sidecar.http.post("/reports", headers=key).json()["report_id"]
        ended(sidecar, report_id)
    with running_sidecar(place.environment) as restarted:
        again = restarted.http.post("/reports", headers=key).json()

    assert (again["report_id"], again["state"]) == (report_id, "Complete")


def test_old_reports_and_those_past_the_room_are_removed(place: Place) -> None:
    room = str(len(whole()) * 2)
    place.tables.write(POLLS, HOURS, ZONES)
    with running_sidecar({**place.environment, "REPORT_MAX_BYTES": room}) as sidecar:
        first, second = made(sidecar), made(sidecar)
        content(sidecar, first)
        third = made(sidecar)
        assert comes_true(lambda: len(sidecar.get("/reports")["reports"]) == 2)
        kept = {report["report_id"] for report in sidecar.get("/reports")["reports"]}
    with running_sidecar({**place.environment, "REPORT_KEEP": "0.001"}) as later:
        assert comes_true(lambda: later.get("/reports")["reports"] == [])

    assert kept == {first["report_id"], third["report_id"]}
    assert second["report_id"] not in kept
    assert list((place.folder / "reports").iterdir()) == []


def test_many_triggers_at_once_all_end_and_the_queue_is_bounded(place: Place) -> None:
    place.tables.write(POLLS, HOURS, ZONES)
    with running_sidecar({**place.environment, "REPORT_QUEUE": "2"}) as sidecar:
        assert sidecar.becomes_ready()
        place.send("a", 1)  # nobody takes it in: both wait
        begun = [sidecar.http.post("/reports", json={"allow_stale": True}) for _ in range(3)]
        states = [ended(sidecar, answer.json()["report_id"])["state"] for answer in begun[:2]]

    assert [answer.status_code for answer in begun] == [202, 202, 503]
    assert begun[2].json()["code"] == "too_many_reports"
    assert states == ["Complete", "Complete"]


def test_request_id_is_echoed_unless_it_could_not_stand_in_a_log(fleet: Sidecar) -> None:
    echoed = fleet.http.get("/health/live", headers={"X-Request-ID": "abc-1"})
    made_anew = fleet.http.get("/nowhere", headers={"X-Request-ID": "a b"})

    assert echoed.headers["x-request-id"] == "abc-1"
    assert len(made_anew.headers["x-request-id"]) == 32


@pytest.mark.parametrize("is_announced", [True, False])
def test_body_that_is_too_long_is_refused(fleet: Sidecar, is_announced: bool) -> None:  # noqa: FBT001 - pytest gives it
    long = b" " * (1 << 22)
    with httpx.Client(base_url=fleet.http.base_url) as http:
        answer = http.post("/reports", content=long if is_announced else iter([long[: 1 << 21]] * 2))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_long")


def test_docs_need_no_other_host(fleet: Sidecar) -> None:
    page = fleet.http.get("/docs")
    addresses = [part.partition('"')[0] for part in page.text.split('src="')[1:] + page.text.split('href="')[1:]]
    document = fleet.get("/openapi.json")

    assert page.status_code == 200
    assert addresses
    assert all(urlsplit(address).netloc == "" for address in addresses)
    assert all(fleet.http.get(address).status_code == 200 for address in addresses)
    assert document["openapi"].startswith("3.1")


def test_no_origin_but_the_own_may_read(fleet: Sidecar) -> None:
    answer = fleet.http.get("/reports", headers={"Origin": "https://example.org"})

    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_request_that_ends_early_leaves_the_api_answering(fleet: Sidecar) -> None:
    url = fleet.http.base_url
    with socket.create_connection((url.host, url.port or 80), 5) as connection:
        connection.sendall(b"POST /reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")

    assert fleet.get("/health/live")["status"] == "ok"

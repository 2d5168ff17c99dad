"""The routes of live answers, over real tables of several partitions."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.request_limits import RequestLimits
from tests import reference
from tests.support.api_place import HOURS, PARTITIONS, ZONES
from tests.support.api_place import POLLS as FEW_POLLS
from tests.support.live_api import LiveApi, live_api, live_api_of
from tests.support.tables import Tables

POLLS = [
    *FEW_POLLS,
    *((f"n{number:03}", "active" if number % 3 else "inactive", "2023-01-25 02:00:00 UTC") for number in range(40)),
]
IDS = sorted({row[0] for row in POLLS} | {row[0] for row in ZONES}, key=str.encode)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    found = Tables(tmp_path_factory.mktemp("tables"), PARTITIONS)
    found.write(POLLS, HOURS, ZONES)
    return found


@pytest.fixture(scope="module")
def api(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    with live_api(tmp_path_factory.mktemp("api"), tables, PARTITIONS) as made:
        yield made


def minutes_of(answer: dict[str, Any]) -> dict[str, int]:
    sides = [f"{side}_last_{window}" for side in ("uptime", "downtime") for window in ("hour", "day", "week")]
    return {name: answer[f"{name}_minutes"] for name in sides}


def all_pages(api: LiveApi, **params: object) -> list[dict[str, Any]]:
    page = api.get("/stores", **params)
    found = list(page["stores"])
    while page["next_cursor"] is not None:
        page = api.get("/stores", cursor=page["next_cursor"], **params)
        found += page["stores"]
    assert page["total"] == len(found)
    return found


def test_stores_that_are_asked_for_at_the_same_moment_are_answered_as_by_themselves(api: LiveApi) -> None:
    alone = [api.get("/store", id=store_id) for store_id in IDS]
    assert api.run(_at_once(api, IDS)) == alone


async def _at_once(api: LiveApi, ids: list[str]) -> list[dict[str, Any]]:
    transport = httpx.ASGITransport(api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        answers = await asyncio.gather(*(client.get("/store", params={"id": store_id}) for store_id in ids))
    return [answer.json() for answer in answers]


@pytest.mark.parametrize("policy", ["default", "optimistic", "calendar"])
def test_every_way_to_ask_gives_the_references_six_figures(api: LiveApi, policy: str) -> None:
    kind = {"optimistic": reference.Policy("active"), "calendar": reference.Policy(windows="calendar")}
    expected = {
        store_id: counts._asdict()
        for store_id, counts in reference.counts_by_store(
            POLLS, reference.calendars_from_rows(HOURS, ZONES), None, kind.get(policy, reference.Policy())
        ).items()
    }

    by_path = {one: api.get(f"/stores/{quote(one, safe='')}", policy=policy) for one in IDS if ".." not in one}
    by_id = {one: api.get("/store", id=one, policy=policy) for one in IDS}
    queried = api.answer("POST", "/stores/query", {"ids": IDS}, policy=policy).json()["stores"]
    listed = all_pages(api, policy=policy, limit=7)

    assert {one: minutes_of(answer) for one, answer in by_id.items()} == expected
    assert all(by_id[one] == answer for one, answer in by_path.items())
    assert queried == list(by_id.values())
    assert [row["store_id"] for row in listed] == IDS
    assert all(row.items() <= by_id[row["store_id"]].items() for row in listed)


def test_unknown_ids_of_a_query_are_named_and_the_rest_keeps_its_order(api: LiveApi) -> None:
    answer = api.answer("POST", "/stores/query", {"ids": ["b", "nobody", "a", " a ", "b", "\x01"]}).json()

    assert [store["store_id"] for store in answer["stores"]] == ["b", "a"]
    assert answer["unknown"] == ["nobody", "\x01"]


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("/stores/nobody", {}, 404, "unknown_store"),
        ("/store", {"id": "../../etc/passwd"}, 404, "unknown_store"),
        ("/stores/nobody/timeline", {}, 404, "unknown_store"),
        ("/store/polls", {"id": "'; drop table stores; --"}, 404, "unknown_store"),
        ("/stores/a", {"policy": "hopeful"}, 422, "unknown_policy"),
        ("/stores/a", {"as_of": "soon"}, 422, "bad_as_of"),
        ("/stores/a", {"as_of": "2023-01-10"}, 422, "as_of_not_retained"),
        ("/stores/a/timeline", {"from_": "2022-12-01T00:00", "to": "2022-12-02T00:00"}, 422, "as_of_not_retained"),
        ("/stores/a/timeline", {"from_": "2023-01-20"}, 422, "bad_range"),
        ("/stores/a/timeline", {"resolution": 0}, 422, "invalid_request"),
        ("/stores/a/outages", {"policy": "poll_hours"}, 422, "policy_without_minutes"),
        ("/stores/a/polls", {"limit": 10_001}, 422, "invalid_request"),
        ("/stores", {"limit": 1001}, 422, "invalid_request"),
        ("/stores", {"status": "sleepy"}, 422, "invalid_request"),
        ("/stores", {"cursor": "abc"}, 422, "bad_cursor"),
        ("/stores", {"cursor": "abc.1.2"}, 422, "bad_cursor"),
        ("/stores", {"as_of": "2023-01-10"}, 422, "as_of_not_retained"),
        ("/summary", {"policy": "max_gap:0"}, 422, "unknown_policy"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_with_a_code(
    api: LiveApi, path: str, params: dict[str, object], status: int, code: str
) -> None:
    answer = api.answer("GET", path, **params)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("ids", [[], ["a"] * 1001, "a"])
def test_query_of_none_or_too_many_is_refused(api: LiveApi, ids: object) -> None:
    assert api.answer("POST", "/stores/query", {"ids": ids}).status_code == 422


def test_history_stands_under_the_path_and_under_id_alike(api: LiveApi) -> None:
    for what in ("timeline", "outages", "polls", "hours"):
        by_path = api.get(f"/stores/{quote('ü/ä b', safe='')}/{what}")
        assert by_path == api.get(f"/store/{what}", id="ü/ä b")
        assert by_path["store_id"] == "ü/ä b"


def test_end_of_a_range_is_t_where_no_time_is_given(api: LiveApi) -> None:
    given = {"from_": "2023-01-24T12:00", "to": "2023-01-24T13:00"}

    alone, later = api.get("/stores/a/timeline", **given), api.get("/stores/a/timeline", as_of="stream", **given)
    with_time = api.get("/stores/a/timeline", as_of="2023-01-25T12:00", **given)

    assert alone["as_of"] == "2023-01-24T13:00:00.000000Z"
    assert with_time["as_of"] == "2023-01-25T12:00:00.000000Z"
    assert alone["runs"] == later["runs"] == with_time["runs"]
    assert [(run["status"], run["from"][11:16], run["to"][11:16]) for run in alone["runs"]] == [
        ("up", "12:00", "12:30"),
        ("down", "12:30", "13:00"),
    ]


def test_dates_of_a_range_are_the_stores_own(api: LiveApi) -> None:
    found = api.get("/stores/b/timeline", from_="2023-01-24", to="2023-01-25")

    assert (found["from"], found["to"]) == ("2023-01-23T18:30:00Z", "2023-01-24T18:30:00Z")


def test_hours_say_what_was_given_what_is_assumed_and_what_was_refused(tmp_path: Path) -> None:
    polls = [(store_id, "active", "2023-01-25 11:00:00 UTC") for store_id in ("whole", "nothing", "refused", "half")]
    hours = [("whole", "0", "09:00", "17:00"), ("half", "0", "09:00", "17:00"), ("half", "1", "nine", "17:00")]
    hours += [("refused", str(day), "nine", "17:00") for day in range(7)]
    zones = [("whole", "UTC"), ("half", "America/Chicago"), ("refused", "Mars/Olympus")]
    nothing = {"hours": 0, "zones": 0, "message": False}

    with live_api_of(tmp_path, polls, hours, zones) as api:
        found = {store_id: api.get(f"/stores/{store_id}/hours") for store_id, *_ in polls}

    assert {store_id: (each["given"], each["assumed"], each["refused"]) for store_id, each in found.items()} == {
        "whole": (["hours", "zone"], [], nothing),
        "nothing": ([], ["hours", "zone"], nothing),
        "refused": ([], ["hours", "zone"], {"hours": 7, "zones": 1, "message": False}),
        "half": (["hours", "zone"], [], {"hours": 1, "zones": 0, "message": False}),
    }


def test_hours_show_the_calendar_with_what_is_in_force(api: LiveApi) -> None:
    found = api.get("/stores/silent/hours")

    assert (found["zone"], found["hours"]) == ("America/St_Johns", [{"day": 2, "start": "22:00", "end": "02:00"}])
    assert found["versions"] == [
        {"effective_from": None, "timezone": "America/St_Johns", "hours": found["hours"], "is_in_force": True}
    ]
    assert found["exceptions"] == found["maintenance"] == []


@pytest.mark.parametrize("side", ["uptime", "downtime"])
@pytest.mark.parametrize("window", ["hour", "day", "week"])
def test_list_is_sorted_worst_first_and_by_id_among_equals(api: LiveApi, side: str, window: str) -> None:
    def badness(row: dict[str, Any]) -> tuple[float, bytes]:
        up, down = (row[f"{each}_last_{window}_minutes"] for each in ("uptime", "downtime"))
        share = up / (up + down) if up + down else 2
        return -down if side == "downtime" else share, row["store_id"].encode()

    found = all_pages(api, sort=f"{side}_last_{window}", limit=11)

    assert found == sorted(found, key=badness)
    assert len(found) == len(IDS)


def test_list_is_filtered_by_part_of_the_id_status_and_zone(api: LiveApi) -> None:
    every = all_pages(api)

    assert all_pages(api, q="00", limit=2) == [row for row in every if "00" in row["store_id"]]
    assert all_pages(api, status="closed") == [row for row in every if row["status"] == "closed"]
    assert all_pages(api, zone="UTC", status="up") == [
        row for row in every if (row["zone"], row["status"]) == ("UTC", "up")
    ]
    assert all_pages(api, zone="Mars/Olympus") == []
    assert all_pages(api, q="%") == []


def test_summary_counts_what_the_list_shows(api: LiveApi) -> None:
    every, found = all_pages(api), api.get("/summary")
    statuses = [row["status"] for row in every]

    assert found["stores"] == len(IDS)
    assert found["now"] == {status: statuses.count(status) for status in ("up", "down", "unknown", "closed")}
    assert sum(hour["up_minutes"] for hour in found["uptime_by_hour_of_week"]) == sum(
        row["uptime_last_week_minutes"] for row in every
    )
    assert [(hour["day"], hour["hour"]) for hour in found["uptime_by_hour_of_week"]][25] == (1, 1)
    worst = sorted(every, key=lambda row: (-row["downtime_last_week_minutes"], row["store_id"].encode()))
    assert found["worst"] == worst[:10]
    assert found["lag"]["records"] is None  # nobody listens where Kafka should
    assert api.get("/summary", policy="poll_hours")["uptime_by_hour_of_week"] is None


def test_cursor_stays_with_its_snapshot_while_the_tables_go_on(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", PARTITIONS)
    tables.write(POLLS, HOURS, ZONES)
    with live_api(tmp_path / "api", tables, PARTITIONS) as api:
        first = api.get("/stores", limit=1000, sort="downtime_last_hour")
        page = api.get("/stores", limit=10, sort="downtime_last_hour")
        tables.write(
            [*POLLS, *((store_id, "inactive", "2023-01-25 12:30:00 UTC") for store_id in IDS)],
            HOURS,
            ZONES,
            positions={"store-polls": 99},
            changelog_offset=99,
        )
        later = api.get("/stores", limit=10, sort="downtime_last_hour", cursor=page["next_cursor"])
        now = api.get("/stores/a")

    assert later["stores"] == first["stores"][10:20]
    assert (later["as_of"], later["snapshot"]) == (page["as_of"], page["snapshot"])
    assert now["as_of"] > later["as_of"]


def test_snapshot_is_made_anew_only_when_it_is_old_and_something_changed(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", PARTITIONS)
    tables.write(POLLS, HOURS, ZONES)
    with live_api(tmp_path / "api", tables, PARTITIONS) as api:
        first = api.get("/stores")["snapshot"]
        api.now_s += 60
        unchanged = api.get("/stores")["snapshot"]
        tables.write(POLLS, HOURS, ZONES, positions={"store-polls": 99}, changelog_offset=99)
        api.now_s += 1
        changed = api.get("/stores")["snapshot"]
        tables.write(POLLS, HOURS, ZONES, positions={"store-polls": 100}, changelog_offset=100)
        api.now_s += 0.9
        too_soon = api.get("/stores")["snapshot"]

    assert first == unchanged != changed == too_soon


def test_cursor_of_a_snapshot_that_is_no_longer_kept_is_gone(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", PARTITIONS)
    tables.write(POLLS, HOURS, ZONES)
    with live_api(tmp_path / "api", tables, PARTITIONS) as api:
        cursor = api.get("/stores", limit=1)["next_cursor"]
        for gap in range(1, 17):
            api.get("/stores", policy=f"max_gap:{gap}")
        gone = api.answer("GET", "/stores", limit=1, cursor=cursor)
        other = api.answer("GET", "/stores", limit=1, cursor=cursor, q="a")

    assert (gone.status_code, gone.json()["code"]) == (410, "snapshot_gone")
    assert (other.status_code, other.json()["code"]) == (422, "bad_cursor")


def test_missing_partition_is_named_rather_than_left_out(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", PARTITIONS)
    tables.write(POLLS, HOURS, ZONES, only=[0, 1, 3])
    with live_api(tmp_path / "api", tables, PARTITIONS) as api:
        listed, summary = api.answer("GET", "/stores"), api.answer("GET", "/summary")
        tables.write(POLLS, HOURS, ZONES, only=[2])
        whole = api.get("/stores")

    for answer in (listed, summary):
        assert (answer.status_code, answer.json()["code"]) == (503, "database_missing")
        assert answer.json()["detail"].startswith("partition 2: ")
    assert whole["total"] == len(IDS)


def test_fleet_without_a_poll_has_no_time_of_its_own(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", PARTITIONS)
    tables.write((), HOURS, ZONES)
    with live_api(tmp_path / "api", tables, PARTITIONS) as api:
        codes = [api.get(path)["code"] for path in ("/stores", "/summary", "/stores/a", "/stores/a/hours")]
        given = api.get("/summary", as_of="2023-01-25T12:00:00Z")

    assert codes == ["no_polls"] * 4
    assert given["stores"] == len(ZONES)


def test_every_answer_of_the_document_has_an_example_and_problems(api: LiveApi) -> None:
    document = api.app.openapi()

    for path, of_path in document["paths"].items():
        for operation in of_path.values():
            assert {"200", "422", "503"} <= operation["responses"].keys(), path
            assert "application/problem+json" in operation["responses"]["503"]["content"]
    for name in ("LiveStore", "StoreRow", "FleetSummary", "StoreTimeline"):
        assert any("examples" in field for field in document["components"]["schemas"][name]["properties"].values())


def test_time_of_the_fleet_is_its_newest_poll(api: LiveApi) -> None:
    newest = reference.newest_moment(reference.polls_by_store(POLLS))

    assert api.get("/summary")["as_of"] == f"{newest:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_snapshot_that_took_too_long_for_its_caller_is_there_for_the_next(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables", 1)
    tables.write([("a", "active", "2023-01-25 12:00:00 UTC")])
    with live_api(tmp_path, tables, 1) as api:
        limited = RequestLimits(api.app, max_body_bytes=1000, max_requests=10, timeout_s=0.1)

        async def ask() -> tuple[httpx.Response, bool]:
            await api.snapshots._one_at_a_time.acquire()  # as if somebody were making one
            async with httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://api") as client:
                late = await client.get("/stores")
            api.snapshots._one_at_a_time.release()
            async with asyncio.timeout(10):
                while not api.snapshots._kept:
                    await asyncio.sleep(0.01)
            return late, bool(api.snapshots._kept)

        api.get("/health")  # the tables are seen
        late, is_kept = api.run(ask())

    assert (late.status_code, late.json()["code"]) == (503, "timed_out")
    assert is_kept

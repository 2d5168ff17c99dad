"""Polls and calendars over HTTP: what is answered is what Kafka has."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from stream_app.codec.records import decode_calendar, decode_polls
from stream_app.domain.partitions import partition_of
from stream_app.domain.store_calendar import StoreCalendar
from stream_app.local.topic_content import read_topic
from tests.support.api_place import PARTITIONS, Place, make_place
from tests.support.kafka import RunningKafka, running_kafka
from tests.support.live_api import NOBODY_LISTENS
from tests.support.sidecar import Sidecar, api_environment, running_sidecar

GOOD = {"store_id": "a", "status": "active", "timestamp_utc": "2023-01-25 12:00:00 UTC"}
BAD = {"store_id": "a", "status": "closed", "timestamp_utc": "2023-01-25 12:00:00 UTC"}
HOURS = {"timezone": "America/Denver", "hours": [{"day": 0, "start": "09:00", "end": "17:30"}]}


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    return make_place(tmp_path, kafka)


@pytest.fixture
def sidecar(place: Place) -> Iterator[Sidecar]:
    with running_sidecar(place.environment) as sidecar:
        yield sidecar


def records(place: Place, topic: str) -> list[Any]:
    found: list[Any] = []
    name = f"{place.environment['TOPIC_PREFIX']}{topic}"
    asyncio.run(read_topic(place.environment["KAFKA_BROKERS"], name, found.append))
    return found


def stored(place: Place) -> set[tuple[str, int]]:
    """Every poll of the topic: store and observation."""
    polls = decode_polls([record.value for record in records(place, "store-polls")])
    assert polls.rejected == []
    return set(zip(polls.store_ids, polls.observations.tolist(), strict=True))


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def many(count: int) -> list[dict[str, str]]:
    start = datetime(2023, 1, 25, tzinfo=UTC)
    return [
        {
            "store_id": f"store {number % 97}",
            "status": "inactive" if number % 3 else "active",
            "timestamp_utc": (start + timedelta(seconds=number, microseconds=number)).isoformat(),
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("form", ["array", "lines"])
def test_polls_answered_202_are_in_the_topic_in_the_partition_of_their_store(
    sidecar: Sidecar, place: Place, form: str
) -> None:
    polls = many(10_000)
    if form == "array":
        answer = sidecar.http.post("/polls", json=polls)
    else:
        lines = "\r\n\r\n".join(map(json.dumps, polls))
        answer = sidecar.http.post(
            "/polls", content=lines, headers={"Content-Type": "application/x-ndjson; charset=utf-8"}
        )

    kept = records(place, "store-polls")
    expected = decode_polls([json.dumps(poll).encode() for poll in polls])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 10_000, "refused": 0, "errors": []})
    assert stored(place) == set(zip(expected.store_ids, expected.observations.tolist(), strict=True))
    assert len(kept) == 10_000
    assert all(record.partition == partition_of(record.key, PARTITIONS) for record in kept)


def test_one_poll_is_taken_by_itself(sidecar: Sidecar, place: Place) -> None:
    answer = sidecar.http.post("/polls", json=GOOD)

    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert len(stored(place)) == 1


def test_each_bad_poll_is_refused_alone_with_its_place_and_reason(sidecar: Sidecar, place: Place) -> None:
    ahead = {**GOOD, "timestamp_utc": (datetime.now(UTC) + timedelta(minutes=6)).isoformat()}
    sent = [GOOD, BAD, {"store_id": 7}, "?", {**GOOD, "store_id": " "}, ahead, {**GOOD, "store_id": " b ", "more": 1}]

    answer = sidecar.http.post("/polls", json=sent)

    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["refused"]) == (2, 5)
    assert [(error["index"], error["code"]) for error in answer.json()["errors"]] == [
        (1, "unknown_status"),
        (2, "malformed_record"),
        (3, "malformed_record"),
        (4, "empty_store_id"),
        (5, "future_poll"),
    ]
    assert {store_id for store_id, _ in stored(place)} == {"a", "b"}


def test_line_that_is_no_json_is_one_refused_poll(sidecar: Sidecar) -> None:
    body = json.dumps(GOOD).encode() + b"\n{oops\n\xff\n" + json.dumps(GOOD).encode()

    answer = sidecar.http.post("/polls", content=body, headers={"Content-Type": "application/x-ndjson"})

    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert [error["index"] for error in answer.json()["errors"]] == [1, 2]


def test_list_of_errors_is_bounded(sidecar: Sidecar) -> None:
    answer = sidecar.http.post("/polls", json=[GOOD, *[BAD] * 500]).json()

    assert (answer["accepted"], answer["refused"], len(answer["errors"])) == (1, 500, 100)


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (json.dumps([BAD, BAD]).encode(), 422, "no_polls_taken"),
        (json.dumps(BAD).encode(), 422, "no_polls_taken"),
        (b"[]", 422, "no_polls_sent"),
        (b"", 422, "invalid_request"),
        (b"[{]", 422, "invalid_request"),
        (b"[" * 100_000, 422, "invalid_request"),
        (b"\xff\xfe", 422, "invalid_request"),
        (json.dumps([GOOD] * 10_001).encode(), 413, "too_many_polls"),
        (b" " * (3 << 20), 413, "body_too_long"),
    ],
)
def test_body_that_cannot_be_taken_is_a_problem_and_nothing_is_stored(
    sidecar: Sidecar, place: Place, body: bytes, status: int, reason: str
) -> None:
    answer = sidecar.http.post("/polls", content=body, headers={"Content-Type": "application/json"})

    assert code(answer) == (status, reason)
    assert records(place, "store-polls") == []


@pytest.mark.parametrize(("path", "store_id"), [("/stores/a%2Fb/hours", "a/b"), ("/store/hours?id=../x", "../x")])
def test_calendar_is_published_under_its_store_and_taken_back_by_delete(
    sidecar: Sidecar, place: Place, path: str, store_id: str
) -> None:
    put = sidecar.http.put(path, json=HOURS)
    deleted = sidecar.http.delete(path)

    key, home = store_id.encode(), partition_of(store_id.encode(), PARTITIONS)
    kept = records(place, "store-calendars")
    assert (put.status_code, put.json()) == (202, {"store_id": store_id, "partition": home, "offset": 0})
    assert (deleted.status_code, deleted.json()["offset"]) == (202, 1)
    assert [(record.key, record.partition, record.value is None) for record in kept] == [
        (key, home, False),
        (key, home, True),
    ]
    found = decode_calendar(key, kept[0].value)
    assert isinstance(found, tuple)
    assert isinstance(found[1], StoreCalendar)
    assert (found[1].zone, len(found[1].hours)) == ("America/Denver", 1)


@pytest.mark.parametrize(
    ("calendar", "reason"),
    [
        ({"timezone": "America/Gotham"}, "unknown_zone"),
        ({"hours": [{"day": 0, "start": "9.30", "end": "17:00"}]}, "bad_hours"),
        ({"hours": [{"day": 7, "start": "09:00", "end": "17:00"}]}, "invalid_request"),
        ({"versions": []}, "no_versions"),
        ({"versions": [{"effective_from": None}], "timezone": "UTC"}, "mixed_calendar"),
        ({"exceptions": [{"date": "2023-02-30", "hours": []}]}, "bad_date"),
        ({"maintenance": [{"from": "2023-02-03 10:00:00", "to": "2023-02-03 09:00:00"}]}, "bad_maintenance"),
        ({"store_id": "b"}, "invalid_request"),
        ({"timezone": "\ud800"}, "invalid_request"),
    ],
)
def test_calendar_that_breaks_a_rule_is_refused_with_the_rule(
    sidecar: Sidecar, place: Place, calendar: dict[str, object], reason: str
) -> None:
    answer = sidecar.http.put(
        "/stores/a/hours", content=json.dumps(calendar), headers={"Content-Type": "application/json"}
    )

    detail = answer.json()["detail"]
    assert code(answer) == (422, "invalid_request" if reason == "invalid_request" else "bad_calendar")
    assert reason == "invalid_request" or detail.startswith(f"{reason}: ")
    assert records(place, "store-calendars") == []


def test_store_id_that_is_none_is_refused(sidecar: Sidecar) -> None:
    assert code(sidecar.http.put("/store/hours?id=%01", json=HOURS)) == (422, "bad_store_id")
    assert code(sidecar.http.delete("/store/hours?id=%20")) == (422, "bad_store_id")


def test_without_a_broker_polls_are_refused_for_now(tmp_path: Path) -> None:
    with running_sidecar(api_environment(tmp_path, NOBODY_LISTENS, PUBLISH_WAIT="2")) as sidecar:
        answers = [sidecar.http.post("/polls", json=GOOD), sidecar.http.put("/stores/a/hours", json=HOURS)]

    for answer in answers:
        assert code(answer) == (503, "kafka_unavailable")
        assert "Retry-After" in answer.headers
        assert "acknowledged 0 of 1 records" in answer.json()["detail"]


def test_broker_that_stops_answering_is_told_in_time_and_taken_up_again(tmp_path: Path) -> None:
    with running_kafka(tmp_path / "kafka") as kafka:
        place = make_place(tmp_path, kafka)
        with running_sidecar({**place.environment, "PUBLISH_WAIT": "2"}) as sidecar:
            assert sidecar.http.post("/polls", json=GOOD).status_code == 202
            assert kafka.broker.pid is not None
            os.kill(kafka.broker.pid, signal.SIGSTOP)
            try:
                frozen = sidecar.http.post("/polls", json=[{**GOOD, "store_id": "b"}])
            finally:
                os.kill(kafka.broker.pid, signal.SIGCONT)
            again = sidecar.http.post("/polls", json=[{**GOOD, "store_id": "b"}], timeout=30)
            for _ in range(20):
                if again.status_code == 202:
                    break
                again = sidecar.http.post("/polls", json=[{**GOOD, "store_id": "b"}], timeout=30)

        assert code(frozen) == (503, "kafka_unavailable")
        assert again.status_code == 202
        assert {store_id for store_id, _ in stored(place)} == {"a", "b"}

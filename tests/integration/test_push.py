"""Streams of status changes: what a client sees, whatever ends in between. The worker's part is played by the test."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from stream_app.domain.partitions import partition_of
from tests.support.api_place import PARTITIONS, Place, make_place
from tests.support.event_source import EventSource, Told, event_source
from tests.support.kafka import RunningKafka
from tests.support.live_api import NOBODY_LISTENS
from tests.support.sidecar import Sidecar, api_environment, running_sidecar
from tests.support.status_topic import Change, StatusTopic, change
from tests.support.waiting import comes_true

STORES = [f"s{number}" for number in range(8)] + ["ü/ä b"]


@pytest.fixture
def place(tmp_path: Path, kafka: RunningKafka) -> Place:
    return make_place(tmp_path, kafka)


@pytest.fixture
def topic(place: Place) -> StatusTopic:
    return StatusTopic(place)


@pytest.fixture
def sidecar(place: Place) -> Iterator[Sidecar]:
    with running_sidecar(place.environment) as sidecar:
        yield sidecar


def url(sidecar: Sidecar) -> str:
    return str(sidecar.http.base_url)


def told(events: list[Told]) -> list[Change]:
    assert {event.name for event in events} <= {"status"}
    return [Change(**event.data) for event in events]


def per_partition(changes: list[Change]) -> dict[int, list[Change]]:
    """Between partitions there is no order."""
    found: dict[int, list[Change]] = {}
    for one in changes:
        found.setdefault(partition_of(one.store_id.encode(), PARTITIONS), []).append(one)
    return found


def rounds(first: int, last: int) -> list[Change]:
    return [change(store, minute, is_active=minute % 2 == 0) for minute in range(first, last) for store in STORES]


@contextmanager
def socket_to(sidecar: Sidecar, **subscription: str) -> Iterator[ClientConnection]:
    with connect(f"{url(sidecar).replace('http', 'ws')}/ws") as made:
        made.send(json.dumps(subscription))
        yield made


def test_streams_tell_what_happens_from_their_hello_on(sidecar: Sidecar, topic: StatusTopic) -> None:
    corrected = Change("s2", "down", "2023-01-25T00:01:00Z", corrected=True)
    with ExitStack() as opened:
        paths = ["/events", "/stores/s1/events", "/store/events?id=%20s1", "/events?status=up", "/events?q=2"]
        streams = {path: opened.enter_context(event_source(url(sidecar), path)) for path in paths}
        hellos = {path: stream.next() for path, stream in streams.items()}
        topic.say([change("s1", 2), change("s2", 2, is_active=True)])
        topic.say([change("s1", 99)], is_aborted=True)
        topic.say([change("s1", 3, is_active=True), corrected])

        assert {stream.status for stream in streams.values()} == {200}
        assert {hello.name for hello in hellos.values()} == {"hello"}
        assert "content-type: text/event-stream" in streams["/events"].head
        of_s1 = [change("s1", 2), change("s1", 3, is_active=True)]
        of_s2 = [change("s2", 2, is_active=True), corrected]
        assert per_partition(told(streams["/events"].take(4))) == per_partition(topic.held())
        assert told(streams["/stores/s1/events"].take(2)) == of_s1
        assert told(streams["/store/events?id=%20s1"].take(2)) == of_s1
        assert set(told(streams["/events?status=up"].take(2))) == {of_s1[1], of_s2[0]}
        assert told(streams["/events?q=2"].take(2)) == of_s2
        assert streams["/events"].is_silent(0.5)


@pytest.mark.parametrize("kept", ["20000", "4"])
def test_stream_that_resumes_misses_and_repeats_nothing_over_a_killed_sidecar(
    place: Place, topic: StatusTopic, kept: str
) -> None:
    environment = {**place.environment, "PUSH_KEPT_EVENTS": kept}
    seen: list[Change] = []
    with running_sidecar(environment) as sidecar, event_source(url(sidecar), "/events") as stream:
        assert stream.next().name == "hello"
        topic.say(rounds(0, 2))
        seen += told(stream.take(11))
        sidecar.process.kill()
        sidecar.process.wait()
    topic.say(rounds(2, 4))
    with running_sidecar(environment) as sidecar:
        with event_source(url(sidecar), "/events", stream.last_id) as again:
            hello = again.next()
            seen += told(again.take(9))
        topic.say(rounds(4, 5))
        with event_source(url(sidecar), f"/events?last_event_id={quote(again.last_id or '')}") as third:
            assert third.next().name == "hello"
            seen += told(third.take(25))
            assert third.is_silent(0.5)

    assert (hello.name, hello.id) == ("hello", stream.last_id)
    assert per_partition(seen) == per_partition(topic.held())
    assert len(seen) == 45


def test_id_that_the_topic_cannot_serve_is_told_as_a_gap_and_the_stream_goes_on(
    sidecar: Sidecar, topic: StatusTopic
) -> None:
    topic.say(rounds(0, 1))
    for foreign in ("0:900,1:900,2:900,3:900", "0:1"):
        with event_source(url(sidecar), "/stores/s1/events", foreign) as stream:
            assert stream.next().name == "hello"
            gap = stream.next()
            topic.say([change("s1", 5)])

            assert (gap.name, bool(gap.data["reason"])) == ("gap", True)
            assert told(stream.take(1)) == [change("s1", 5)]


@pytest.mark.parametrize("bad", ["x", "0:1,0:2", "1:1", "0:-1", "0:1;"])
def test_id_that_is_none_is_refused(sidecar: Sidecar, bad: str) -> None:
    answer = sidecar.http.get("/events", headers={"Last-Event-ID": bad})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_event_id")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/events?status=closed", 422, "invalid_request"),
        ("/store/events?id=%01", 422, "bad_store_id"),
        ("/store/events?id=%20", 422, "bad_store_id"),
        ("/reports/nothing/events", 404, "unknown_report"),
    ],
)
def test_what_cannot_be_streamed_is_a_problem(sidecar: Sidecar, path: str, status: int, code: str) -> None:
    answer = sidecar.http.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_heartbeats_move_the_id_on_past_what_a_stream_does_not_want(place: Place, topic: StatusTopic) -> None:
    with running_sidecar({**place.environment, "PUSH_HEARTBEAT": "0.2"}) as sidecar:
        with event_source(url(sidecar), "/stores/s1/events") as stream:
            hello = stream.next()
            topic.say([change("s2", 1)])
            assert comes_true(lambda: stream.next().id != hello.id)
        topic.say([change("s1", 2)])
        with event_source(url(sidecar), "/events", stream.last_id) as again:
            again.next()

            assert told(again.take(1)) == [change("s1", 2)]


def test_socket_gives_the_same_events_and_resumes(sidecar: Sidecar, topic: StatusTopic) -> None:
    with socket_to(sidecar) as everything, socket_to(sidecar, store_id="s1") as one:
        hello = json.loads(everything.recv(10))
        one.recv(10)
        topic.say(rounds(0, 2))
        seen = [json.loads(everything.recv(10)) for _ in range(7)]
        of_one = [json.loads(one.recv(10)) for _ in range(2)]
    with socket_to(sidecar, last_event_id=seen[-1]["id"]) as again:
        assert json.loads(again.recv(10)) == {"event": "hello", "id": seen[-1]["id"], "data": {}}
        seen += [json.loads(again.recv(10)) for _ in range(11)]

    assert hello["event"] == "hello"
    assert [Change(**event["data"]) for event in of_one] == [change("s1", 0, is_active=True), change("s1", 1)]
    assert per_partition([Change(**event["data"]) for event in seen]) == per_partition(topic.held())


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ("hello?", 1008, "bad_subscription"),
        ('{"stores": ["a"]}', 1008, "bad_subscription"),
        ('{"status": "closed"}', 1008, "bad_subscription"),
        ('{"last_event_id": "x"}', 1008, "bad_event_id"),
        ('{"report_id": "x"}', 1008, "unknown_report"),
        ('{"store_id": " "}', 1008, "bad_store_id"),
        (b"\x00", 1008, "bad_subscription"),
    ],
)
def test_subscription_that_is_none_closes_the_socket_with_a_reason(
    sidecar: Sidecar, message: str | bytes, code: int, reason: str
) -> None:
    with connect(f"{url(sidecar).replace('http', 'ws')}/ws") as made:
        made.send(message)
        closed = json.loads(made.recv(10))
        with pytest.raises(ConnectionClosed) as ended:
            made.recv(10)

    assert (closed["event"], closed["data"]["reason"]) == ("closed", reason)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == code


def test_stream_too_many_is_refused_and_let_in_once_one_has_gone(place: Place) -> None:
    limits = {"PUSH_MAX_CLIENTS": "2", "API_MAX_REQUESTS": "2"}
    with running_sidecar({**place.environment, **limits}) as sidecar:
        with event_source(url(sidecar), "/events") as stream, socket_to(sidecar) as made:
            stream.next()
            made.recv(10)
            refused = sidecar.http.get("/events")
            with pytest.raises(InvalidStatus) as denied, socket_to(sidecar):
                pass
            alive = sidecar.http.get("/health/live")

        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
        assert int(refused.headers["Retry-After"]) > 0
        assert denied.value.response.status_code == 503
        assert alive.status_code == 200
        assert comes_true(lambda: is_let_in(sidecar))


def is_let_in(sidecar: Sidecar) -> bool:
    with event_source(url(sidecar), "/events") as stream:
        return stream.status == 200


def test_stop_ends_streams_with_a_reason_and_at_once(sidecar: Sidecar) -> None:
    with event_source(url(sidecar), "/events") as stream, socket_to(sidecar) as made:
        stream.next()
        made.recv(10)
        sidecar.process.terminate()
        began = time.monotonic()
        (last,) = stream.rest()
        message = json.loads(made.recv(10))
        assert sidecar.process.wait(10) == 0
        took_s = time.monotonic() - began

    assert (last.name, last.data["reason"]) == ("closed", "shutting_down")
    assert (message["event"], message["data"]["reason"]) == ("closed", "shutting_down")
    assert took_s < 4


def test_without_kafka_a_stream_is_refused_for_now(tmp_path: Path) -> None:
    with running_sidecar(api_environment(tmp_path, NOBODY_LISTENS)) as sidecar:
        refused = sidecar.http.get("/events")

    assert (refused.status_code, refused.json()["code"]) == (503, "kafka_unavailable")
    assert "Retry-After" in refused.headers


def test_report_s_stream_ends_with_it_and_has_nothing_more_to_say(place: Place, topic: StatusTopic) -> None:
    del topic
    place.tables.write([("a", "active", "2023-01-25 11:50:00 UTC")])
    with running_sidecar(place.environment) as sidecar:
        assert sidecar.becomes_ready()
        report_id = sidecar.trigger()
        with event_source(url(sidecar), f"/reports/{report_id}/events") as stream:
            events = [event for event in stream.rest() if event.name]
        resumed = sidecar.http.get(f"/reports/{report_id}/events", headers={"Last-Event-ID": events[-1].id or ""})
        with socket_to(sidecar, report_id=report_id) as made:
            message = json.loads(made.recv(10))

    assert {event.name for event in events} == {"report"}
    assert (events[-1].data["state"], events[-1].data["progress"]) == ("Complete", 1.0)
    assert len({event.id for event in events}) == len(events)
    assert resumed.status_code == 204
    assert message == {"event": "report", "id": "Complete:1", "data": events[-1].data}


def test_client_that_never_reads_is_cut_off_and_holds_nobody_up(place: Place, topic: StatusTopic) -> None:
    clients, sent = 100, 0
    with running_sidecar(place.environment) as sidecar, ExitStack() as opened:
        deaf = opened.enter_context(event_source(url(sidecar), "/events", receive_buffer=4096))
        streams = [opened.enter_context(event_source(url(sidecar), "/events")) for _ in range(clients)]
        assert {stream.next().name for stream in streams} == {"hello"}
        before = resident_bytes(sidecar)
        seen: list[list[Change]] = [[] for _ in streams]
        began = time.monotonic()
        while time.monotonic() - began < 30 and not has_been_cut(deaf):
            said = rounds(sent, sent + 30)
            topic.say(said)
            sent += 30
            for stream, changes in zip(streams, seen, strict=True):
                changes.extend(told(stream.take(len(said))))
        cut_after_s = time.monotonic() - began
        after = resident_bytes(sidecar)

    assert cut_after_s < 30
    assert after - before < 30 << 20
    assert all(per_partition(changes) == per_partition(topic.held()) for changes in seen)


def has_been_cut(deaf: EventSource) -> bool:
    """Whether the API's end of the connection is gone; the client isn't told."""
    ours, theirs = deaf.connection.getsockname()[1], deaf.connection.getpeername()[1]
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return not any(row[1].endswith(f":{theirs:04X}") and row[2].endswith(f":{ours:04X}") for row in rows)


def resident_bytes(sidecar: Sidecar) -> int:
    status = Path(f"/proc/{sidecar.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) << 10


def test_document_describes_every_stream_and_what_is_taken_in(sidecar: Sidecar) -> None:
    paths = sidecar.get("/openapi.json")["paths"]

    for path in ("/events", "/store/events", "/stores/{store_id}/events", "/reports/{report_id}/events"):
        answers = paths[path]["get"]["responses"]
        assert "text/event-stream" in answers["200"]["content"]
        assert "application/problem+json" in answers["503"]["content"]
    polls = paths["/polls"]["post"]
    assert set(polls["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    refusals = {"403", "408", "413", "415", "421", "422", "431", "500", "503"}
    assert set(polls["responses"]) == {"202", *refusals}
    for path in ("/store/hours", "/stores/{store_id}/hours"):
        assert set(paths[path]) == {"get", "put", "delete"}
        assert set(paths[path]["put"]["responses"]) == {"202", *refusals}

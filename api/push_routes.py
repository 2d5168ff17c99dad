"""The streams of events: each route reads like the sentence that describes it."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel

from api.dependencies import Services, ServicesOf
from api.documented_problems import Responses, problems
from api.event_stream import EventStream
from api.feed_position import FeedPosition, parse_position
from api.origin_guard import refuse_foreign
from api.parameters import ReportInPath, StoreInPath, StoreInQuery
from api.problems import ProblemError
from api.push_schemas import ReportProgress, StatusChange
from api.pushed import CLOSED, GAP, HELLO, REPORT, STATUS
from api.report_lookup import known_report
from api.report_stream import follow_report, report_event
from api.request_limits import EVENT_STREAM
from api.status_event import PolledStatus, Selection
from stream_app.domain.rejection import Rejected
from stream_app.domain.store_id import MAX_BYTES, parse_store_id

FEED_WITHIN_S = 5.0
MAX_ID = 4_096  # characters, some hundred partitions: percent-encoded they still fit into an address

# A stream can't be read across origins, but would hold one of the places.
router = APIRouter(tags=["push"], dependencies=[Depends(refuse_foreign)])


def _streamed(name: str, event_id: str, data: BaseModel) -> Responses:
    """What every event of a stream is, for OpenAPI, which has no better word for a stream than its events' schema."""
    example = {"id": event_id, "event": name, "data": data.model_dump_json()}
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "Where to resume behind this event."},
            "event": {"enum": [HELLO, name, GAP, CLOSED]},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "description": f"Of an event `{name}`: {json.dumps(type(data).model_json_schema())}",
            },
        },
    }
    content = {EVENT_STREAM: {"schema": schema, "examples": {name: {"value": example}}}}
    return {200: {"description": "Events as they happen: docs/push.md", "content": content}}


_CHANGE = StatusChange(store_id="81399", status="down", since="2023-01-25T18:00:00Z", corrected=False)
_PROGRESS = ReportProgress(report_id="0f8fad5b", state="Complete", progress=1.0, code=None, reason=None)
_OF_CHANGES = _streamed(STATUS, "0:124,1:77,2:80,3:91", _CHANGE) | problems(
    "bad_event_id", "bad_store_id", "invalid_request", "kafka_unavailable", "too_many_streams"
)
_OF_REPORT = (
    _streamed(REPORT, "Complete:1", _PROGRESS)
    | {204: {"description": "It had ended as Last-Event-ID says: there is nothing to wait for"}}
    | problems("unknown_report", "invalid_request", "too_many_streams")
)


def _last_id(
    header: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            max_length=MAX_ID,
            description="The id to go on behind, as EventSource sends it.",
            examples=["0:124,1:77,2:80,3:91"],
        ),
    ] = None,
    last_event_id: Annotated[
        str | None,
        Query(
            max_length=MAX_ID,
            description="The same, where no header can be set.",
            examples=["0:124,1:77,2:80,3:91"],
        ),
    ] = None,
) -> str | None:
    return header or last_event_id or None


LastId = Annotated[str | None, Depends(_last_id)]


def parsed_position(last_id: str | None) -> FeedPosition | None:
    """Where to resume; raises BadEventIdError."""
    return None if last_id is None else parse_position(last_id)


def parsed_store(text: str) -> str:
    """The id as the data have it; raises ProblemError (422). The store need not be known: it may come."""
    store_id = parse_store_id(text)
    if isinstance(store_id, Rejected):
        raise ProblemError(422, "bad_store_id", store_id.sentence)
    return store_id


async def check_feed(services: Services) -> None:
    """Raise ProblemError (503) while the feed has not begun."""
    if not await services.statuses.hub.comes_to(None, FEED_WITHIN_S):
        message = "Kafka has not given the status changes yet"
        raise ProblemError(503, "kafka_unavailable", message, {"Retry-After": "5"})


async def _changes(services: Services, selection: Selection, last_id: str | None) -> Response:
    position = parsed_position(last_id)
    await check_feed(services)
    return EventStream(services.push, services.statuses.follow(selection, position))


@router.get("/events", status_code=200, response_class=EventStream, responses=_OF_CHANGES)
async def stream_events(
    services: ServicesOf,
    last_id: LastId,
    status: Annotated[PolledStatus | None, Query(description="Only changes to this status.", examples=["down"])] = None,
    q: Annotated[
        str | None, Query(max_length=MAX_BYTES, description="A part of the id, as it is.", examples=["8419"])
    ] = None,
) -> Response:
    """Status changes of all stores as they happen, as Server-Sent Events; an id resumes exactly behind its event."""
    return await _changes(services, Selection(status=status, q=q or None), last_id)


@router.get("/store/events", status_code=200, response_class=EventStream, responses=_OF_CHANGES)
async def store_events_by_id(services: ServicesOf, last_id: LastId, store_id: StoreInQuery) -> Response:
    """The same for an id that can't stand in a path."""
    return await _changes(services, Selection(store_id=parsed_store(store_id)), last_id)


@router.get("/stores/{store_id:path}/events", status_code=200, response_class=EventStream, responses=_OF_CHANGES)
async def store_events(services: ServicesOf, last_id: LastId, store_id: StoreInPath) -> Response:
    """Status changes of one store, known or not yet."""
    return await _changes(services, Selection(store_id=parsed_store(store_id)), last_id)


@router.get("/reports/{report_id}/events", status_code=200, response_class=EventStream, responses=_OF_REPORT)
async def report_events(services: ServicesOf, last_id: LastId, report_id: ReportInPath) -> Response:
    """A report's state and progress until it has ended, which ends the stream."""
    report = known_report(services, report_id)
    if not report.is_unfinished and report_event(services.reports, report).id == last_id:
        return Response(status_code=204)  # tells EventSource not to come back
    pushed = follow_report(services.reports, report, last_id, services.statuses.heartbeat_s, services.push.closing)
    return EventStream(services.push, pushed)

"""The routes that take polls and calendars in: each answers once Kafka has acknowledged what it was given."""

import asyncio
import time
from typing import Any

import msgspec
from aiokafka.structs import RecordMetadata
from fastapi import APIRouter, Request

from api.dependencies import Services, ServicesOf
from api.documented_problems import WITH_A_BODY, problems
from api.intake_schemas import RefusedPoll, SentCalendar, SentPoll, TakenCalendar, TakenPolls
from api.parameters import StoreInPath, StoreInQuery
from api.poll_body import NDJSON, checked_polls, poll_values
from api.problems import ProblemError
from api.push_routes import parsed_store
from stream_app.codec.records import decode_calendar, encode_calendar, encode_polls
from stream_app.domain.rejection import Rejected

MAX_ERRORS = 100

router = APIRouter(tags=["intake"])

_OF_POLLS = problems(*WITH_A_BODY, "too_many_polls", "no_polls_taken", "no_polls_sent", "kafka_unavailable")
_OF_CALENDAR = problems(*WITH_A_BODY, "bad_store_id", "bad_calendar", "kafka_unavailable")
_OF_TOMBSTONE = problems("bad_store_id", "invalid_request", "kafka_unavailable")
_LINES = (
    '{"store_id":"81399","status":"active","timestamp_utc":"2023-01-25T18:13:22Z"}\n'
    '{"store_id":"81400","status":"inactive","timestamp_utc":"2023-01-25T18:13:23Z"}\n'
)
_POLLS = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        SentPoll.model_json_schema(),
                        {"type": "array", "items": SentPoll.model_json_schema(), "minItems": 1},
                    ]
                }
            },
            NDJSON[0]: {
                "schema": {"type": "string", "description": "One poll a line."},
                "examples": {"lines": {"value": _LINES}},
            },
        },
    }
}


@router.post("/polls", status_code=202, responses=_OF_POLLS, openapi_extra=_POLLS)
async def take_polls(request: Request, services: ServicesOf) -> TakenPolls:
    """Take in one poll, or up to 10,000 as a JSON array or as lines; each bad one is refused alone, with its reason."""
    values = poll_values(await request.body(), request.headers.get("content-type", ""))
    now = time.time_ns() // 1000
    polls = await asyncio.to_thread(checked_polls, values, now, services.max_future_s)
    errors = [_refused(*found) for found in polls.rejected[:MAX_ERRORS]]
    if not polls.store_ids:
        first = errors[0]
        detail = f"none of {len(values):,} polls can be taken; the first: {first.code}, {first.message}"
        raise ProblemError(422, "no_polls_taken", detail)
    records = list(
        zip(map(str.encode, polls.store_ids), encode_polls(polls.store_ids, polls.observations), strict=True)
    )
    await services.sender.send(services.sender.topics.polls, records)
    return TakenPolls(accepted=len(records), refused=len(polls.rejected), errors=errors)


@router.put("/store/hours", status_code=202, responses=_OF_CALENDAR)
async def put_hours_by_id(services: ServicesOf, store_id: StoreInQuery, calendar: SentCalendar) -> TakenCalendar:
    """The same for an id that can't stand in a path."""
    return await _put(services, store_id, calendar)


@router.put("/stores/{store_id:path}/hours", status_code=202, responses=_OF_CALENDAR)
async def put_hours(services: ServicesOf, store_id: StoreInPath, calendar: SentCalendar) -> TakenCalendar:
    """Replace a store's calendar; one that breaks a rule is refused whole, and the last valid one holds."""
    return await _put(services, store_id, calendar)


@router.delete("/store/hours", status_code=202, responses=_OF_TOMBSTONE)
async def delete_hours_by_id(services: ServicesOf, store_id: StoreInQuery) -> TakenCalendar:
    """The same for an id that can't stand in a path."""
    return await _send_calendar(services, parsed_store(store_id), None)


@router.delete("/stores/{store_id:path}/hours", status_code=202, responses=_OF_TOMBSTONE)
async def delete_hours(services: ServicesOf, store_id: StoreInPath) -> TakenCalendar:
    """Go back to the defaults: open around the clock, in America/Chicago."""
    return await _send_calendar(services, parsed_store(store_id), None)


async def _put(services: Services, text: str, sent: SentCalendar) -> TakenCalendar:
    store_id = parsed_store(text)
    message: dict[str, Any] = {"store_id": store_id, **sent.model_dump(by_alias=True, exclude_unset=True)}
    try:
        value = msgspec.json.encode(message)
    except UnicodeEncodeError as error:
        raise ProblemError(422, "invalid_request", "the calendar has a text that is no Unicode") from error
    found = decode_calendar(store_id.encode(), value)
    if isinstance(found, Rejected):
        raise ProblemError(422, "bad_calendar", f"{found.reason.value}: {found.sentence}")
    _, calendar = found
    return await _send_calendar(services, store_id, None if calendar is None else encode_calendar(store_id, calendar))


async def _send_calendar(services: Services, store_id: str, value: bytes | None) -> TakenCalendar:
    (taken,) = await services.sender.send(services.sender.topics.calendars, [(store_id.encode(), value)])
    return _taken(store_id, taken)


def _taken(store_id: str, taken: RecordMetadata) -> TakenCalendar:
    return TakenCalendar(
        store_id=store_id, partition=taken.partition, offset=taken.offset if taken.offset >= 0 else None
    )


def _refused(index: int, why: Rejected) -> RefusedPoll:
    return RefusedPoll(index=index, code=why.reason.value, message=why.sentence)

"""What can be wrong, for the OpenAPI document: every code with its status, and what it may say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.problems import MEDIA_TYPE, ProblemError, problem_body

Responses = dict[int | str, dict[str, Any]]


class Problem(BaseModel):
    """An error (RFC 9457), as `application/problem+json`."""

    type: Literal["about:blank"]
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no poll and no calendar of store 'nobody' was taken in"])
    code: str = Field(description="Stable, for programs.", examples=["unknown_store"])


_EXAMPLES = (
    ProblemError(403, "foreign_origin", "the request comes from a foreign page (https://example.com): …"),
    ProblemError(404, "unknown_report", "there is no report '0f8fad5bd9cb469fa16570867728950e'"),
    ProblemError(404, "unknown_store", "no poll and no calendar of store 'nobody' was taken in"),
    ProblemError(408, "request_too_slow", "the request's body was not there after 30 s"),
    ProblemError(409, "no_polls", "there is no poll to take the time from: send some, or give as_of"),
    ProblemError(409, "report_not_complete", "report 0f8fad5bd9cb469fa16570867728950e is Running"),
    ProblemError(409, "report_not_failed", "report 0f8fad5bd9cb469fa16570867728950e is Complete"),
    ProblemError(410, "report_file_gone", "the file of report 0f8fad5bd9cb469fa16570867728950e was removed"),
    ProblemError(
        410, "snapshot_gone", "the snapshot that the cursor names is no longer kept: begin again without a cursor"
    ),
    ProblemError(413, "body_too_long", "a body may have 1048576 bytes"),
    ProblemError(413, "too_many_polls", "a request may have 10,000 polls, not 10,001"),
    ProblemError(415, "unsupported_media_type", "the body is sent as text/plain, not as application/json: …"),
    ProblemError(416, "range_not_satisfiable", "the file has 4211 bytes"),
    ProblemError(421, "unknown_host", "this API doesn't answer for 'example.com': …"),
    ProblemError(422, "as_of_not_retained", "this would begin at 2023-01-01T00:00:00Z, but polls are kept from …"),
    ProblemError(422, "bad_as_of", "as_of 'yesterday' is not an ISO 8601 time from 1970-01-08 to 9999-12-29, …"),
    ProblemError(422, "bad_cursor", "the cursor is none that this API gave"),
    ProblemError(422, "bad_calendar", "bad_hours: the start or end is not a time of day …: '9.5' could be a time or …"),
    ProblemError(422, "bad_event_id", "'x' is no event id of this API, such as 0:123,1:77"),
    ProblemError(422, "bad_range", "from and to go together"),
    ProblemError(422, "bad_store_id", "the store id is empty"),
    ProblemError(422, "idempotency_key_reused", "the Idempotency-Key 'monday' was used with another body"),
    ProblemError(422, "invalid_request", "query.limit: Input should be less than or equal to 500"),
    ProblemError(422, "no_polls_sent", "the body has no poll"),
    ProblemError(422, "no_polls_taken", "none of 2 polls can be taken; the first: unknown_status, …"),
    ProblemError(422, "policy_without_minutes", "poll_hours counts hours a poll, and gives no minute a status"),
    ProblemError(422, "range_too_long", "from=2022-01-01T00:00:00Z lies more than 92 days before as_of"),
    ProblemError(422, "unknown_parameter", "there is no parameter `asof`: did you mean `as_of`?"),
    ProblemError(422, "unknown_policy", "no policy 'guess': one of default, optimistic, backfill, measured, …"),
    ProblemError(422, "unknown_zone", "'Mars/Olympus' is not an IANA zone that the tzdata package lists"),
    ProblemError(431, "headers_too_long", "a request's address and headers may have 32768 bytes"),
    ProblemError(500, "internal_error", "ZeroDivisionError, see the API's log"),
    ProblemError(503, "database_missing", "partition 2: there is no database at …"),
    ProblemError(503, "kafka_unavailable", "Kafka at 127.0.0.1:9092 does not answer"),
    ProblemError(503, "snapshot_failed", "the process that makes snapshots of the fleet was killed"),
    ProblemError(503, "state_unreadable", "the database … can't be read: Corruption: block checksum mismatch"),
    ProblemError(503, "storage_failed", "the reports folder … can't be used: No space left on device"),
    ProblemError(503, "timed_out", "there was no answer after 30 s"),
    ProblemError(503, "too_many_reports", "1000 reports wait or are being made: ask again when some of them are done"),
    ProblemError(503, "too_many_requests", "1000 requests are being answered already"),
    ProblemError(503, "too_many_streams", "2000 streams are being served already"),
    ProblemError(503, "topics_unusable", "the topics have 8 partitions now, but had 4 when the API started"),
)
EXAMPLES: Mapping[str, ProblemError] = {problem.code: problem for problem in _EXAMPLES}

ANYWHERE = (
    "foreign_origin",
    "headers_too_long",
    "internal_error",
    "timed_out",
    "too_many_requests",
    "unknown_host",
    "unknown_parameter",
)
WITH_A_BODY = ("invalid_request", "body_too_long", "request_too_slow", "unsupported_media_type")
BAD_TIMES = ("bad_as_of", "as_of_not_retained", "unknown_policy", "invalid_request")
BAD_REPORTS = (*BAD_TIMES, "bad_range", "storage_failed", "too_many_reports")
UNREADABLE = ("kafka_unavailable", "database_missing", "state_unreadable")


def problems(*codes: str | tuple[str, int]) -> Responses:
    """The answers of a route that can refuse with these codes, and with those that every route has.

    A code in a pair is said with another status than its own.
    """
    by_status: dict[int, set[str]] = defaultdict(set)
    for given in (*codes, *ANYWHERE):
        code, status = (given, EXAMPLES[given].status) if isinstance(given, str) else given
        by_status[status].add(code)
    return {status: _answer(status, sorted(of_status)) for status, of_status in sorted(by_status.items())}


def _answer(status: int, codes: Sequence[str]) -> dict[str, Any]:
    bodies = {code: problem_body(ProblemError(status, code, EXAMPLES[code].detail)) for code in codes}
    return {
        "description": ", ".join(codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"value": body} for code, body in bodies.items()},
            }
        },
    }

"""Polls out of a request's body: one, an array of them, or one a line."""

from collections.abc import Sequence

import msgspec
import numpy as np

from api.problems import ProblemError
from stream_app.codec.records import decode_polls
from stream_app.domain.poll import PollColumns, reject_future

MAX_POLLS = 10_000
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")

_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


def poll_values(body: bytes, content_type: str) -> Sequence[bytes]:
    """The polls as they stand in the body, not looked into; raises ProblemError (413 too many, 422 none or no JSON)."""
    values = _lines(body) if content_type.partition(";")[0].strip().lower() in NDJSON else _elements(body)
    if len(values) > MAX_POLLS:
        raise ProblemError(413, "too_many_polls", f"a request may have {MAX_POLLS:,} polls, not {len(values):,}")
    if not values:
        raise ProblemError(422, "no_polls_sent", "the body has no poll")
    return values


def checked_polls(values: Sequence[bytes], now_micros: int, max_future_s: float) -> PollColumns:
    """The worker's own validation; the request's time stands in for the record's, which is a moment later."""
    polls = decode_polls(values)
    appended_at = np.full(len(polls.store_ids), now_micros, np.int64)
    return reject_future(polls, appended_at, round(max_future_s * 1_000_000))


def _lines(body: bytes) -> Sequence[bytes]:
    return [line for line in body.split(b"\n") if line.strip()]


def _elements(body: bytes) -> Sequence[bytes]:
    if body.lstrip()[:1] == b"{":
        return [body]
    try:
        return [bytes(element) for element in _decode_array(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(422, "invalid_request", f"the body is no JSON array of polls: {error}") from error
